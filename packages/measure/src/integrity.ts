/**
 * Whether the history is the whole story. A generator that leaves out the requests it could not send, a user booked to
 * the wrong partition, or an auditor that never looked would all make a side look better than it was. Such a side is
 * not corrected here; it is not believed.
 */
import type { MailRecord, SignInRecord } from "@cordon/model";
import type { Attempt } from "./attempt.ts";
import type { Records } from "./records.ts";
import type { DrillSpec } from "./spec.ts";
import { within, type Windows } from "./window.ts";

/** What is wrong with the record itself; null when nothing is. */
export function distortedBy(
  records: Records,
  attempts: readonly Attempt[],
  windows: Windows,
  spec: DrillSpec,
): string | null {
  if (!windows.complete) return "the phases are not all there, once each and in order";
  return (
    offSchedule("sign-ins", records.signIns, spec.planned.signIns) ??
    offSchedule("mails", records.mails, spec.planned.mails) ??
    misplaced([...records.signIns, ...records.mails], spec) ??
    ambiguous(records.mails) ??
    untried(attempts, windows)
  );
}

/** Ids are 0 .. planned - 1, each once. */
function offSchedule(what: string, found: readonly { id: number }[], planned: number): string | null {
  const ids = new Set(found.map(({ id }) => id).filter((id) => id < planned));
  if (ids.size < planned) return `${planned - ids.size} of ${planned} scheduled ${what} are not in the record`;
  return found.length > planned ? `${found.length} ${what} in the record, ${planned} scheduled` : null;
}

function misplaced(found: readonly (SignInRecord | MailRecord)[], spec: DrillSpec): string | null {
  const one = found.find(({ user, partition }) => spec.users.get(user) !== partition);
  if (one === undefined) return null;
  return `${one.type} ${one.id} is booked to ${one.partition}, its user lives in ${spec.users.get(one.user) ?? "no partition"}`;
}

const ambiguous = (mails: readonly MailRecord[]): string | null =>
  new Set(mails.map(({ headerId }) => headerId)).size === mails.length ? null : "two mails share one Message-ID";

function untried(attempts: readonly Attempt[], windows: Windows): string | null {
  const judged = attempts.filter(({ at }) => within(windows.judged, at));
  const outside = judged.filter((attempt) => attempt.outside).length;
  if (outside === 0) return "nobody outside the failed partition was measured";
  return outside === judged.length ? "nobody inside the failed partition was measured" : null;
}
