/**
 * Whether the system was well before anything was done to it. A drill that begins in trouble measures the trouble. An
 * attempt is judged here only if its time ran out before the injection; the last ones before it are caught by the fault
 * and belong to neither side of the line.
 */
import { attemptEnd } from "./attempt.ts";
import { delayOf, type Delivery } from "./deliveries.ts";
import { othersShareIn, othersWords } from "./noise.ts";
import type { Records } from "./records.ts";
import type { DrillSpec } from "./spec.ts";
import { within, type Windows } from "./window.ts";

/** Why there was no steady state; null when there was one. */
export function unsteadyBy(
  records: Records,
  deliveries: readonly Delivery[],
  windows: Windows,
  spec: DrillSpec,
): string | null {
  const { okShare, mailP95Ms, minSignIns, minMails } = spec.steady;
  const upTo = (patienceMs: number) => ({ from: windows.steady.from, to: windows.steady.to - patienceMs });
  const signIns = records.signIns.filter((record) => within(upTo(spec.lateMs), record.scheduledAt));
  const ok = signIns.filter((record) => attemptEnd(record, spec.lateMs) === "ok").length;
  const mails = records.mails.filter((record) => within(upTo(mailP95Ms), record.scheduledAt));
  const acceptedMails = mails.filter((record) => record.outcome === "ok").length;
  const units = deliveries.filter((delivery) => within(upTo(mailP95Ms), delivery.scheduledAt));
  const slow = units.filter((delivery) => delayOf(delivery, windows.judged.to) > mailP95Ms).length;
  const others = othersWords(othersShareIn(records.host, windows.steady));
  if (signIns.length < minSignIns) return `only ${signIns.length} sign-ins before the fault, ${minSignIns} needed`;
  if (mails.length < minMails) return `only ${mails.length} mails before the fault, ${minMails} needed`;
  if (ok < okShare * signIns.length) return `${ok} of ${signIns.length} sign-ins were ok before the fault${others}`;
  if (acceptedMails < okShare * mails.length)
    return `${acceptedMails} of ${mails.length} mails were accepted before the fault${others}`;
  // That no more than 5 % are slower than the limit is what a p95 within it says, for any number of mails.
  if (slow > 0.05 * units.length)
    return `${slow} of ${units.length} mails took over ${mailP95Ms} ms before the fault${others}`;
  return null;
}
