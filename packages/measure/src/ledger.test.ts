import type { Fate, FateRecord, MaildirRecord, MailRecord } from "@cordon/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byUnit } from "./deliveries.ts";
import { accountOf, noMail, type Account } from "./ledger.ts";

const mail = (outcome: MailRecord["outcome"], mailboxes: string[] = ["a"], id = 0): MailRecord => ({
  type: "mail",
  id,
  headerId: `<${id}>`,
  user: "a",
  partition: "p1",
  mailboxes,
  scheduledAt: 0,
  sentAt: 0,
  endedAt: 10,
  outcome,
  code: "",
});
const copy = (file: string, mailbox = "a", id = 0): MaildirRecord => ({
  type: "maildir",
  headerId: `<${id}>`,
  mailbox,
  file,
  at: 50,
});
const fate = (word: Fate, mailbox = "a", id = 0): FateRecord => ({
  type: "fate",
  headerId: `<${id}>`,
  mailbox,
  fate: word,
  at: 60,
});
const account = (mails: MailRecord[], copies: MaildirRecord[], fates: FateRecord[]): Account =>
  accountOf(mails, byUnit(copies), byUnit(fates));
describe("an acknowledged mail", () => {
  test("with one copy is delivered, whatever the ledger still says of waiting", () => {
    expect(account([mail("ok")], [copy("x")], [fate("queued")])).toEqual({ ...noMail, ok: 1, delivered: 1 });
  });

  test.each(["queued", "bounced", "quarantined"] as const)("without a copy may be %s by the ledger", (word) => {
    expect(account([mail("ok")], [], [fate(word)])).toEqual({ ...noMail, ok: 1, [word]: 1 });
  });

  test.each(["expanded", "merged"] as const)("that waits behind an entry that was %s is not lost", (word) => {
    expect(account([mail("ok")], [], [fate("queued"), { ...fate(word), at: 61 }])).toEqual({
      ...noMail,
      ok: 1,
      queued: 1,
    });
  });

  test.each(["delivered", "expanded", "merged", "discarded"] as const)("without a copy is lost, though %s", (word) => {
    expect(account([mail("ok")], [], [fate(word)])).toEqual({ ...noMail, ok: 1, lost: 1 });
  });

  test("of which nobody knows anything is lost", () => {
    expect(account([mail("ok")], [], [])).toEqual({ ...noMail, ok: 1, lost: 1 });
  });

  test("with three copies has two too many; the same file found twice is one", () => {
    const copies = [copy("x"), copy("y"), copy("z"), copy("z")];
    expect(account([mail("ok")], copies, [])).toEqual({ ...noMail, ok: 1, delivered: 1, duplicated: 2 });
  });

  test("that was delivered and bounced as well has two fates", () => {
    expect(account([mail("ok")], [copy("x")], [fate("bounced")])).toEqual({
      ...noMail,
      ok: 1,
      delivered: 1,
      duplicated: 1,
    });
  });

  test("is accounted for in each of its mailboxes", () => {
    expect(account([mail("ok", ["a", "b"])], [copy("x", "b")], [])).toEqual({
      ...noMail,
      ok: 2,
      delivered: 1,
      lost: 1,
    });
  });
});

test("a mail of unknown end may arrive once, not twice", () => {
  expect(account([mail("unknown")], [], [])).toEqual({ ...noMail, unknown: 1 });
  expect(account([mail("unknown")], [copy("x")], [])).toEqual({ ...noMail, unknown: 1 });
  expect(account([mail("unknown")], [copy("x"), copy("y")], [])).toEqual({ ...noMail, unknown: 1, duplicated: 1 });
});

test("a refused or unsent mail may not arrive at all", () => {
  expect(account([mail("refused")], [copy("x")], [])).toEqual({ ...noMail, refused: 1, duplicated: 1 });
  expect(account([mail("unsent")], [copy("x")], [])).toEqual({ ...noMail, duplicated: 1 });
});

test("a copy in somebody else's mailbox is one too many, and mail that is not ours is passed over", () => {
  expect(account([mail("ok")], [copy("x"), copy("y", "b"), copy("z", "a", 7)], [])).toEqual({
    ...noMail,
    ok: 1,
    delivered: 1,
    duplicated: 1,
  });
});

test("the account balances, and one more copy never makes a loss nor undoes a duplicate", () => {
  const id = fc.integer({ min: 0, max: 4 });
  const mailbox = fc.constantFrom("a", "b");
  const copies = fc.array(fc.tuple(id, mailbox, fc.constantFrom("x", "y", "z")), { maxLength: 20 });
  const fates = fc.array(fc.tuple(id, mailbox, fc.constantFrom<Fate>("queued", "delivered", "bounced")), {
    maxLength: 10,
  });
  const outcomes = fc.array(fc.constantFrom("ok", "refused", "unknown", "unsent"), { maxLength: 5 });
  fc.assert(
    fc.property(outcomes, copies, fates, id, (ends, found, told, more) => {
      const mails = ends.map((end, index) => mail(end, ["a", "b"], index));
      const files = found.map(([of, box, file]) => copy(file, box, of));
      const words = told.map(([of, box, word]) => fate(word, box, of));
      const one = account(mails, files, words);
      expect(one.delivered + one.queued + one.quarantined + one.bounced + one.lost).toBe(one.ok);
      const other = account(mails, [...files, copy("extra", "a", more)], words);
      expect(other.lost).toBeLessThanOrEqual(one.lost);
      expect(other.duplicated).toBeGreaterThanOrEqual(one.duplicated);
    }),
  );
});
