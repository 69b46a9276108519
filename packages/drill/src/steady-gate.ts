/**
 * Whether a lab is sound enough to break: what became of the sign-ins that the schedule has for the steady phase, looked at
 * just before the injection. They are counted from the schedule and not from the answers there are, or those who still wait
 * would count for nothing; and served means what it means to the verdict, in time. Invariants: an attempt is looked at once
 * its answer would be late, so that the kernel finds the same of it at the end; one without an answer by then is not served.
 */
import type { LabUser } from "@cordon/lab";
import type { Planned } from "@cordon/load";
import { attemptEnd, minSamples, othersWords, percentileOf } from "@cordon/measure";
import type { HistoryRecord, Instant, SignInRecord } from "@cordon/model";

export interface SteadyFigures {
  readonly seconds: number;
  /** Sign-ins that were due, and whose time ran out before the look. */
  readonly signIns: number;
  /** Share of those that were answered well in time; 1 where none was due. */
  readonly okShare: number;
  /** From the scheduled time, of those answered well and of those that still wait; null where there are too few. */
  readonly p95Ms: number | null;
}

export interface SteadyLook {
  readonly planned: readonly Planned<LabUser>[];
  /** When the schedule began, and when its steady phase did. */
  readonly startAt: Instant;
  readonly steadyAt: Instant;
  readonly now: Instant;
  readonly lateMs: number;
}

/** The figures at `now`, from the records there are by then. */
export function steadyFigures(look: SteadyLook, records: readonly HistoryRecord[]): SteadyFigures {
  const { planned, startAt, steadyAt, now, lateMs } = look;
  const ended = new Map<number, SignInRecord>();
  for (const record of records) if (record.type === "sign-in") ended.set(record.id, record);
  const due = planned.flatMap(({ kind, id, offsetMs }) => {
    const at = startAt + offsetMs;
    return kind === "sign-in" && at >= steadyAt && at < now - lateMs ? [{ at, record: ended.get(id) }] : [];
  });
  const well = due.filter(({ record }) => record !== undefined && attemptEnd(record, lateMs) === "ok").length;
  const waited = due.flatMap(({ at, record }) =>
    record === undefined ? [now - at] : record.outcome === "ok" ? [(record.endedAt ?? now) - record.scheduledAt] : [],
  );
  return {
    seconds: (now - steadyAt) / 1_000,
    signIns: due.length,
    okShare: due.length === 0 ? 1 : well / due.length,
    p95Ms: percentileOf(waited, 0.95, minSamples.p95),
  };
}

/** With fewer sign-ins served than this before the fault, breaking the lab would prove nothing. */
const gateOkShare = 0.95;

/** Why the lab must not be broken, and what others took of the host meanwhile; undefined when it may be. */
export const unsoundBy = ({ okShare, signIns }: SteadyFigures, othersShare: number | null): string | undefined =>
  okShare < gateOkShare
    ? `no steady state: ${(okShare * 100).toFixed(1)} % of ${signIns} sign-ins were served in time before the fault${othersWords(othersShare)}`
    : undefined;
