/**
 * What became of each acknowledged mail in each of its mailboxes, as found from outside. A delivery is a file in a
 * Maildir; the service's own ledger is believed only about what is not there: that it waits, was bounced or is held for
 * a person. A ledger that says `delivered` and has no file to show has lost the mail.
 */
import type { FateRecord, Instant, MaildirRecord } from "@cordon/model";
import type { Records } from "./records.ts";
import { isOutside, type DrillSpec } from "./spec.ts";

/** One unit of the account: an acknowledged mail in one of its final mailboxes. */
export interface Delivery {
  readonly user: string;
  readonly scheduledAt: Instant;
  readonly outside: boolean;
  /** When the first copy was in the mailbox; null: there is none. */
  readonly deliveredAt: Instant | null;
  /** When it stopped waiting, by a copy or by a bounce or quarantine; null: it waits still, or is lost. */
  readonly settledAt: Instant | null;
}

/** Message-ID -> mailbox -> what was found, in order of time. */
export type ByUnit<Found> = ReadonlyMap<string, ReadonlyMap<string, readonly Found[]>>;

export function byUnit<Found extends { headerId: string; mailbox: string }>(found: readonly Found[]): ByUnit<Found> {
  const units = new Map<string, Map<string, Found[]>>();
  for (const one of found) {
    const mailboxes = units.getOrInsertComputed(one.headerId, () => new Map<string, Found[]>());
    mailboxes.getOrInsertComputed(one.mailbox, () => []).push(one);
  }
  return units;
}

/**
 * What the ledger says of a mail in a mailbox, in the end. `expanded` and `merged` say only that another entry has the
 * mail; they are written after that entry, in the same instant, and never outweigh what it says.
 */
export const fateOf = (told: readonly FateRecord[] | undefined): FateRecord | undefined =>
  told?.findLast(({ fate }) => fate !== "expanded" && fate !== "merged") ?? told?.at(-1);

/** The acknowledged mails, mailbox by mailbox, in order of their scheduled time. */
export function deliveriesOf(
  records: Records,
  copies: ByUnit<MaildirRecord>,
  fates: ByUnit<FateRecord>,
  spec: DrillSpec,
): readonly Delivery[] {
  return records.mails
    .filter((mail) => mail.outcome === "ok")
    .flatMap((mail) =>
      mail.mailboxes.map((mailbox) => {
        const deliveredAt = copies.get(mail.headerId)?.get(mailbox)?.[0]?.at ?? null;
        const fate = fateOf(fates.get(mail.headerId)?.get(mailbox));
        const isOver = fate?.fate === "bounced" || fate?.fate === "quarantined";
        return {
          user: mail.user,
          scheduledAt: mail.scheduledAt,
          outside: isOutside(spec, mail.user),
          deliveredAt,
          settledAt: deliveredAt ?? (isOver ? fate.at : null),
        };
      }),
    );
}

/** Milliseconds from the scheduled time to the mailbox; an undelivered mail has the time it has been waiting by `end`. */
export const delayOf = (delivery: Delivery, end: Instant): number =>
  Math.max(0, (delivery.deliveredAt ?? end) - delivery.scheduledAt);
