/**
 * The account of the mails: each acknowledged mail has exactly one fate in each of its mailboxes, each mail of unknown
 * end none or one copy, each refused or unsent mail none (its sender will send it again). Copies in Maildirs are the
 * evidence. Invariant: ok = delivered + queued + quarantined + bounced + lost, in units of (mail, mailbox).
 * `discarded` explains nothing here: in a drill nobody may throw a mail away, so it counts as lost.
 */
import type { FateRecord, MailRecord, MaildirRecord, Side } from "@cordon/model";
import { fateOf, type ByUnit } from "./deliveries.ts";

export type Account = Omit<Side["mail"], "delayMs">;

/** The account of no mail at all. */
export const noMail: Account = {
  ok: 0,
  refused: 0,
  unknown: 0,
  delivered: 0,
  queued: 0,
  quarantined: 0,
  bounced: 0,
  lost: 0,
  duplicated: 0,
};

/** The account of all mails of a side, its warm-up included. */
export function accountOf(
  mails: readonly MailRecord[],
  copies: ByUnit<MaildirRecord>,
  fates: ByUnit<FateRecord>,
): Account {
  const account = { ...noMail };
  for (const mail of mails) {
    const found = copies.get(mail.headerId);
    account.duplicated += strayCopies(mail, found);
    for (const mailbox of mail.mailboxes) {
      const files = new Set(found?.get(mailbox)?.map((copy) => copy.file)).size;
      switch (mail.outcome) {
        case "ok":
          account.ok += 1;
          settle(account, files, fateOf(fates.get(mail.headerId)?.get(mailbox)));
          break;
        case "unknown":
          account.unknown += 1;
          account.duplicated += Math.max(0, files - 1);
          break;
        case "refused":
          account.refused += 1;
          account.duplicated += files;
          break;
        case "unsent":
          account.duplicated += files;
          break;
      }
    }
  }
  return account;
}

/** Enters one acknowledged unit: where it is, and what is there beyond the one copy or the one other fate. */
function settle(account: Account, files: number, last: FateRecord | undefined): void {
  const fate = last?.fate;
  const toldOtherwise = fate === "bounced" || fate === "quarantined";
  if (files > 0) {
    account.delivered += 1;
    account.duplicated += files - 1 + (toldOtherwise ? 1 : 0);
  } else if (toldOtherwise || fate === "queued") {
    account[fate] += 1;
  } else {
    account.lost += 1;
  }
}

/** Copies in mailboxes that the mail was never for. */
function strayCopies(mail: MailRecord, found: ReadonlyMap<string, readonly MaildirRecord[]> | undefined): number {
  if (found === undefined) return 0;
  return [...found]
    .filter(([mailbox]) => !mail.mailboxes.includes(mailbox))
    .reduce((sum, [, copies]) => sum + new Set(copies.map((copy) => copy.file)).size, 0);
}
