/** The account of the crash test, on planted lies: each of them must be seen. */
import { expect, test } from "vitest";
import type { Fate, HistoryRecord } from "@cordon/model";
import { accountOf } from "./account.ts";
import type { MailAttempt } from "./mail-load.ts";

const [ann, bob] = ["ann@one.example", "bob@two.example"];

const told = (outcome: MailAttempt["outcome"], mailboxes: readonly string[]): MailAttempt => ({
  headerId: "<1@x>",
  outcome,
  mailboxes,
  reply: outcome,
});
const copy = (mailbox: string, file: string): HistoryRecord => ({
  type: "maildir",
  headerId: "<1@x>",
  mailbox,
  file,
  at: 1,
});
const fate = (mailbox: string, name: Fate): HistoryRecord => ({
  type: "fate",
  headerId: "<1@x>",
  mailbox,
  fate: name,
  at: 1,
});
const whole = [copy(ann, "a"), fate(ann, "delivered"), copy(bob, "b"), fate(bob, "delivered")];

test.each<[string, MailAttempt, readonly HistoryRecord[]]>([
  ["an accepted message in each of its mailboxes", told("ok", [ann, bob]), whole],
  ["an alias beside the mailbox it stands for", told("ok", [ann, bob]), [...whole, fate("also@x", "expanded")]],
  ["a message nobody answered for, which is nowhere", told("unknown", [ann, bob]), []],
  ["a message nobody answered for, which has arrived", told("unknown", [ann, bob]), whole],
  ["a refused message that is nowhere", told("refused", [ann]), []],
])("the account has nothing against %s", (_, attempt, found) => {
  expect(accountOf([attempt], found)).toMatchObject({ lost: 0, duplicated: 0, wrong: [] });
});

test.each<[string, MailAttempt, readonly HistoryRecord[], object]>([
  ["a lost message", told("ok", [ann, bob]), [copy(ann, "a"), ...whole.slice(1, 2)], { lost: 1, duplicated: 0 }],
  ["a second copy", told("ok", [ann, bob]), [...whole, copy(ann, "c")], { lost: 0, duplicated: 1 }],
  ["a second copy of an unanswered one", told("unknown", [ann]), [copy(ann, "a"), copy(ann, "b")], { duplicated: 1 }],
  ["a message that came in part", told("unknown", [ann, bob]), [copy(ann, "a")], { arrived: 1 }],
  ["a refused message that came all the same", told("refused", [ann]), [copy(ann, "a")], { refused: 1 }],
  ["a copy in the wrong mailbox", told("ok", [ann]), whole, { lost: 0, duplicated: 0 }],
  ["a ledger that says delivered twice", told("ok", [ann, bob]), [...whole, fate(ann, "delivered")], { lost: 0 }],
  ["a ledger that still has it waiting", told("ok", [bob]), [copy(bob, "b"), fate(bob, "queued")], { lost: 0 }],
  ["a ledger that never heard of it", told("ok", [bob]), [copy(bob, "b")], { lost: 0 }],
])("the account sees %s", (_, attempt, found, figures) => {
  const account = accountOf([attempt], found);
  expect(account).toMatchObject(figures);
  expect(account.wrong.length).toBeGreaterThan(0);
});
