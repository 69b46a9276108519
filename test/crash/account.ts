/**
 * What must be true of the mail after the crashes, judged from what senders were told, from the Maildirs and from the
 * ledger. Pure: it is tested on planted lies.
 *
 *   ok       one copy in each of its mailboxes, and one fate there in the ledger: delivered
 *   unknown  nowhere, or once in each of its mailboxes: a message arrives whole or not at all
 *   refused  nowhere
 *
 * And no copy may be anywhere that nobody sent it to.
 */
import type { HistoryRecord } from "@cordon/model";
import type { MailAttempt } from "./mail-load.ts";

export interface MailAccount {
  readonly ok: number;
  readonly refused: number;
  readonly unknown: number;
  /** Of the unknown: those that arrived. */
  readonly arrived: number;
  readonly lost: number;
  readonly duplicated: number;
  /** One line for each thing that must not be. */
  readonly wrong: readonly string[];
}

type Found = ReadonlyMap<string, readonly string[]>;

/** `found`: the auditor's records of Maildirs and ledger. */
export function accountOf(attempts: readonly MailAttempt[], found: readonly HistoryRecord[]): MailAccount {
  const copies = filesOf(found);
  const fates = fatesOf(found);
  const account = { ok: 0, refused: 0, unknown: 0, arrived: 0, lost: 0, duplicated: 0 };
  const wrong: string[] = [];
  for (const attempt of attempts) {
    const { headerId, outcome, mailboxes } = attempt;
    account[outcome] += 1;
    const counts = mailboxes.map((mailbox) => copies.get(unit(headerId, mailbox))?.length ?? 0);
    account.duplicated += counts.filter((count) => count > 1).length;
    if (outcome === "ok") account.lost += counts.filter((count) => count === 0).length;
    if (outcome === "unknown" && counts.some((count) => count > 0)) account.arrived += 1;
    if (!isAllowed(outcome, counts)) wrong.push(`${headerId} was ${outcome}, copies: ${counts.join(", ")}`);
    if (outcome === "ok") wrong.push(...mailboxes.flatMap((mailbox) => fateFlaw(headerId, mailbox, fates) ?? []));
  }
  return { ...account, wrong: [...wrong, ...strays(attempts, copies)] };
}

function isAllowed(outcome: MailAttempt["outcome"], counts: readonly number[]): boolean {
  switch (outcome) {
    case "ok":
      return counts.every((count) => count === 1);
    case "unknown":
      return counts.every((count) => count === 0) || counts.every((count) => count === 1);
    case "refused":
      return counts.every((count) => count === 0);
  }
}

function fateFlaw(headerId: string, mailbox: string, fates: Found): string | undefined {
  const found = fates.get(unit(headerId, mailbox)) ?? [];
  return found.length === 1 && found[0] === "delivered"
    ? undefined
    : `${headerId} to ${mailbox} has in the ledger: ${found.join(", ") || "nothing"}`;
}

function strays(attempts: readonly MailAttempt[], copies: Found): readonly string[] {
  const addressed = new Set(
    attempts.flatMap(({ headerId, mailboxes }) => mailboxes.map((mailbox) => unit(headerId, mailbox))),
  );
  return [...copies.keys()].filter((key) => !addressed.has(key)).map((key) => `nobody sent ${key}`);
}

const unit = (headerId: string, mailbox: string): string => `${headerId} to ${mailbox}`;

/** Unit -> the names of its files, each once. */
function filesOf(found: readonly HistoryRecord[]): Found {
  const files = new Map<string, Set<string>>();
  for (const record of found) {
    if (record.type !== "maildir") continue;
    files.getOrInsertComputed(unit(record.headerId, record.mailbox), () => new Set()).add(record.file);
  }
  return new Map([...files].map(([key, names]) => [key, [...names]]));
}

/** Unit -> its fates. What an alias stood for is accounted for by its children. */
function fatesOf(found: readonly HistoryRecord[]): Found {
  const fates = new Map<string, string[]>();
  for (const record of found) {
    if (record.type !== "fate" || record.fate === "expanded") continue;
    fates.getOrInsertComputed(unit(record.headerId, record.mailbox), () => []).push(record.fate);
  }
  return fates;
}
