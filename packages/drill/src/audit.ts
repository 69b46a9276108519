/**
 * The auditor: what became of every mail, seen from outside. Copies are counted in the Maildirs themselves; the service's
 * own ledger is asked only for what is not there (queued, bounced, quarantined). The ledger is read before the Maildirs,
 * so that a mail delivered in between is found as delivered and never as missing.
 */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import {
  LedgerPageSchema,
  type Clock,
  type FateRecord,
  type HistoryRecord,
  type LedgerPage,
  type MaildirRecord,
} from "@cordon/model";
import { SideLost } from "./side-lost.ts";

const pageWithinMs = 10_000;
/** As many as the service gives at once. */
const pageSize = 1_000;
/** Headers of a drill's mail end within this; the Message-ID is among them. */
const headBytes = 4_096;
const maxOpenFiles = 32;
const isPage = Compile(LedgerPageSchema);

/** Every fate in the ledger and every copy in the Maildirs. Throws a SideLost when the ledger cannot be read: no audit, no verdict. */
export async function audit(mailApi: string, maildirs: string, clock: Clock): Promise<readonly HistoryRecord[]> {
  const fates = await readLedger(mailApi);
  const copies = await readMaildirs(maildirs, clock.wall() - clock.now());
  return [...fates, ...copies];
}

async function readLedger(mailApi: string): Promise<readonly FateRecord[]> {
  const fates = new Map<string, FateRecord>();
  for (let after = 0; ;) {
    const page = await readPage(mailApi, after);
    for (const entry of page.entries) {
      const mailbox = entry.mailbox ?? entry.recipient;
      if (entry.headerId === null || entry.origin !== "client") continue;
      fates.set(`${entry.message} ${entry.recipient}`, {
        type: "fate",
        headerId: entry.headerId,
        mailbox,
        fate: entry.fate,
        at: entry.changedAt,
      });
    }
    if (page.entries.length === 0 || page.next <= after) return [...fates.values()];
    after = page.next;
  }
}

async function readPage(mailApi: string, after: number): Promise<LedgerPage> {
  let found = "no answer";
  try {
    const url = new URL(`/v1/ledger?after=${after}&limit=${pageSize}`, mailApi);
    const response = await fetch(url, { signal: AbortSignal.timeout(pageWithinMs) });
    found = `answer ${response.status}`;
    const page: unknown = await response.json();
    if (isPage.Check(page)) return page;
  } catch {
    // What mail said, or that it said nothing, is all there is to tell.
  }
  throw new SideLost("the ledger of mail could not be read", `the mails cannot be accounted for (${found})`);
}

async function readMaildirs(maildirs: string, wallMinusMonotonic: number): Promise<readonly MaildirRecord[]> {
  const entries = await readdir(maildirs, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /[/\\](?:new|cur)$/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name));
  const copies: MaildirRecord[] = [];
  for (let from = 0; from < files.length; from += maxOpenFiles) {
    const read = await Promise.all(
      files.slice(from, from + maxOpenFiles).map((file) => readCopy(file, wallMinusMonotonic)),
    );
    copies.push(...read.filter((copy) => copy !== undefined));
  }
  return copies;
}

/** The change time of a Maildir file is the moment its link appeared in `new/`: the mail was readable from then on. */
async function readCopy(file: string, wallMinusMonotonic: number): Promise<MaildirRecord | undefined> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const head = buffer.toString("latin1", 0, bytesRead);
    const headerId = /^message-id:\s*(<[^>\r\n]+>)/im.exec(head)?.[1];
    const mailbox = /^delivered-to:\s*([^\s]+)/im.exec(head)?.[1];
    if (headerId === undefined || mailbox === undefined) return undefined;
    const { ctimeMs } = await stat(file);
    return {
      type: "maildir",
      headerId,
      mailbox,
      file: file.slice(file.lastIndexOf("/") + 1),
      at: ctimeMs - wallMinusMonotonic,
    };
  } finally {
    await handle.close();
  }
}
