import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { mailboxFolder, maildirName, putIntoMaildir, type MaildirFile } from "./maildir.ts";

const message = "01KABCDEFG0000AAAAAABBBBBB";
const mail = [Buffer.from("Delivered-To: u\r\n"), Buffer.from("\r\nbody\r\n")];

async function inFolder(work: (file: MaildirFile, folder: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "cordon-maildir-"));
  try {
    const file = { root, mailbox: "u@one.test", message, attempt: "1", triedBefore: false };
    await work(file, join(root, "u@one.test"));
  } finally {
    await rm(root, { recursive: true });
  }
}

test("a mail is written once, whole, under a name made of the message's", () =>
  inFolder(async (file, folder) => {
    expect(await putIntoMaildir(file, mail)).toBe("written");
    expect(await readdir(join(folder, "new"))).toEqual([maildirName(message)]);
    expect(await readdir(join(folder, "tmp"))).toEqual([]);
    expect(await readFile(join(folder, "new", maildirName(message)), "utf8")).toBe("Delivered-To: u\r\n\r\nbody\r\n");
  }));

test("a second try finds the first, in new or, with flags, in cur", () =>
  inFolder(async (file, folder) => {
    await putIntoMaildir(file, mail);
    expect(await putIntoMaildir({ ...file, triedBefore: true }, mail)).toBe("found");
    await rename(join(folder, "new", maildirName(message)), join(folder, "cur", `${maildirName(message)}:2,RS`));
    expect(await putIntoMaildir({ ...file, triedBefore: true }, mail)).toBe("found");
    expect(await readdir(join(folder, "new"))).toEqual([]);
  }));

test("many mails for a mailbox that is being made all find their way", () =>
  inFolder(async (file, folder) => {
    const names = Array.from({ length: 32 }, (_, n) => `01KABCDEFG0000AAAAAABBBB${String(n).padStart(2, "0")}`);
    const puts = names.map((name) => putIntoMaildir({ ...file, message: name, attempt: name }, mail));
    expect((await Promise.all(puts)).every((result) => result === "written")).toBe(true);
    expect(await readdir(join(folder, "new"))).toHaveLength(32);
  }));

test("a Maildir that a crash left half made is completed", () =>
  inFolder(async (file, folder) => {
    await mkdir(join(folder, "new"), { recursive: true });
    expect(await putIntoMaildir(file, mail)).toBe("written");
    expect(await readdir(folder)).toEqual(["cur", "new", "tmp"]);
  }));

test("two tries at once leave one mail", () =>
  inFolder(async (file, folder) => {
    const tries = ["1", "2", "3", "4"].map((attempt) => putIntoMaildir({ ...file, attempt }, mail));
    expect((await Promise.all(tries)).filter((result) => result === "written")).toHaveLength(1);
    expect(await readdir(join(folder, "new"))).toHaveLength(1);
    expect(await readdir(join(folder, "tmp"))).toEqual([]);
  }));

test("the folder of any mailbox is one folder right below the root, and no other mailbox has it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ minLength: 1 }), (one, other) => {
      const folder = mailboxFolder(one);
      expect(dirname(resolve("/root", folder))).toBe("/root");
      expect(folder.length).toBeLessThanOrEqual(200);
      expect(mailboxFolder(other) === folder).toBe(Buffer.from(one).equals(Buffer.from(other)));
    }),
  );
  expect(mailboxFolder("ann+x@one.test")).toBe("ann+x@one.test");
  expect(mailboxFolder("../../etc@x")).toBe("%2E.%2F..%2Fetc@x");
  expect(mailboxFolder(`${"x".repeat(64)}@${"y".repeat(200)}`)).toMatch(/^[0-9a-f]{64}$/);
});
