/**
 * How many accepted mails are nowhere just now, for a condition that ends a run. It is the audit of the end, made while
 * mail flows: what was accepted is noted before the audit begins, so that each of these must be found by it.
 */
import type { Lab, Population } from "@cordon/lab";
import type { Clock } from "@cordon/model";
import { lostAmong, type AcceptedMail, type FoundMail } from "./abort-when.ts";
import { audit } from "./audit.ts";
import { inMailbox } from "./side-history.ts";

/** A count that each call brings up to date behind itself: it answers what the last audit found, null before the first. */
export function lostSoFar(
  lab: Lab,
  population: Population,
  clock: Clock,
): (accepted: readonly AcceptedMail[]) => number | null {
  const mailboxes = new Map(population.users.map(({ alias, address }) => [alias, address]));
  let lost: number | null = null;
  let isLooking = false;
  return (accepted) => {
    if (isLooking) return lost;
    isLooking = true;
    const before = [...accepted];
    void audit(lab.urls.mailApi, lab.maildirsDir, clock)
      .then((records) => {
        const found = records.flatMap((record): readonly FoundMail[] => {
          if (record.type === "maildir") return [record];
          return record.type === "fate" && record.fate !== "delivered" ? [inMailbox(record, mailboxes)] : [];
        });
        lost = lostAmong(before, found);
      })
      // A ledger that cannot be read just now says nothing of what is lost.
      .catch(() => {})
      .finally(() => {
        isLooking = false;
      });
    return lost;
  };
}
