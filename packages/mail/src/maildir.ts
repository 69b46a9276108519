/**
 * Maildir, each message exactly once. The file's name is made from the message's name alone, so that a second try after
 * a crash writes the same name again and finds the first. Order: the file in `tmp`, its bytes to the disk, a link into
 * `new`, the folder to the disk. A reader moves the file to `cur` and adds flags to its name; that counts as delivered.
 * (A reader that deletes it between the link and the spool's record is the one case in which it comes twice.)
 * Invariants: what `delivered` is said of survives a power cut; a mailbox's folder lies in `root`, whatever its name is.
 */
import { createHash } from "node:crypto";
import { link, mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MessageId } from "@cordon/model";
import { acceptedWallOf } from "./message-id.ts";

const longestFolderName = 200;

/**
 * The folder of a mailbox below the root: its address, with every character that is not a letter, a digit or one of
 * `@ . _ + -` percent-encoded, and a leading dot too. One that is longer than a file system takes is the SHA-256 of it.
 */
export function mailboxFolder(mailbox: string): string {
  const name = [...Buffer.from(mailbox)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const plain = byte < 0x80 && /[A-Za-z0-9@._+-]/.test(character) && !(index === 0 && character === ".");
      return plain ? character : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
    })
    .join("");
  return name.length <= longestFolderName ? name : createHash("sha256").update(mailbox).digest("hex");
}

/** The file of a message in any Maildir, without flags. */
export const maildirName = (message: MessageId): string =>
  `${Math.floor(acceptedWallOf(message) / 1000)}.${message}.cordon`;

export interface MaildirFile {
  readonly root: string;
  readonly mailbox: string;
  readonly message: MessageId;
  /** Tells this try apart from others of the same message and mailbox, in `tmp` only. */
  readonly attempt: string;
  /** An earlier try may have got as far as the link: look before writing. */
  readonly triedBefore: boolean;
}

/** Puts `parts` into the mailbox, unless they are there. Rejects with the system's error when they cannot be put there. */
export async function putIntoMaildir(file: MaildirFile, parts: readonly Buffer[]): Promise<"written" | "found"> {
  const folder = join(file.root, mailboxFolder(file.mailbox));
  const name = maildirName(file.message);
  const target = join(folder, "new", name);
  if (file.triedBefore && (await isThere(folder, name))) {
    await flushFolder(dirname(target));
    return "found";
  }
  const temporary = join(folder, "tmp", `${name}.${file.attempt}`);
  await writeDurably(folder, temporary, parts);
  let result: "written" | "found" = "written";
  try {
    await link(temporary, target);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    result = "found";
  } finally {
    await unlink(temporary);
  }
  await flushFolder(dirname(target));
  return result;
}

async function writeDurably(folder: string, path: string, parts: readonly Buffer[]): Promise<void> {
  const handle = await open(path, "w", 0o600).catch(async (error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw error;
    await makeMaildir(folder);
    return open(path, "w", 0o600);
  });
  try {
    await handle.writeFile(Buffer.concat(parts));
    await handle.datasync();
  } catch (error) {
    // What a full disk took of it would keep the disk full.
    await unlink(path).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes the three folders of a Maildir, and makes them survive a power cut. `tmp` comes last: whoever finds it, while
 * this is under way or after a crash, finds the others too, and on the disk.
 */
async function makeMaildir(folder: string): Promise<void> {
  for (const part of ["new", "cur"]) await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
  await flushFolder(folder);
  await flushFolder(dirname(folder));
  await mkdir(join(folder, "tmp"), { recursive: true, mode: 0o700 });
}

/** Whether the message is in `new` or, with whatever flags, in `cur`. */
async function isThere(folder: string, name: string): Promise<boolean> {
  for (const part of ["new", "cur"]) {
    const names = await readdir(join(folder, part)).catch((error: unknown) => {
      if (codeOf(error) !== "ENOENT") throw error;
      return [];
    });
    if (names.some((found) => found === name || found.startsWith(`${name}:`))) return true;
  }
  return false;
}

async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
