/**
 * Whether a learner's change does what it should: the users outside the silent partition are answered in time while it is
 * silent. What June 2014 lacked is asked for, and only from what clients saw. The answer must not be the machine's: where
 * the lab was not sound before the fault, where the load was not sent on time, where the fault did not bite, or where
 * something else than the pool kept users waiting, nothing is proven either way.
 */
import type { Attempted } from "@cordon/load";
import type { Instant } from "@cordon/model";
import type { DoorSettings } from "./door-settings.ts";

/** The load of a check and its times. The rate is the others', and while it is silent, the silent partition's as well. */
export const checkLoad = {
  perSecond: 16,
  warmMs: 1_500,
  steadyMs: 2_500,
  faultMs: 8_000,
  /** A client leaves after this, and gives its connection back. */
  patienceMs: 5_000,
} as const;

export const checkLimits = {
  /** An answer later than this after its scheduled time is late, ms. */
  lateMs: 1_000,
  /** Share of the others' sign-ins that must be answered in time. A stall of a shared machine alone does not break it. */
  inTimeShare: 0.95,
  /** Share of the silent partition's sign-ins that may be served while it is silent; more, and it was not. */
  servedInsideShare: 0.05,
  /** A sign-in sent later than this was not sent on time, ms; and the share of them that a check stands. */
  lagMs: 250,
  lagShare: 0.02,
  /** A deadline below this can be too short for a sound partition, ms. */
  shortDeadlineMs: 300,
  /** A pool of which no more than this share is held was not full. */
  heldShare: 0.8,
} as const;

export interface CheckedSignIn extends Pick<
  Attempted<unknown>,
  "scheduledAt" | "sentAt" | "endedAt" | "outcome" | "code"
> {
  readonly outside: boolean;
}

export interface CheckRun {
  readonly signIns: readonly CheckedSignIn[];
  readonly steadyAt: Instant;
  readonly injectedAt: Instant;
  readonly endAt: Instant;
}

/** A group of sign-ins, counted. */
export interface Counted {
  readonly signIns: number;
  readonly inTime: number;
  readonly refused: number;
}

export interface CheckJudgement {
  readonly verdict: "passed" | "failed" | "invalid";
  /** One sentence for the learner. */
  readonly reason: string;
  /** The others before the fault and during it, and the silent partition's users during it. */
  readonly steady: Counted;
  readonly outside: Counted;
  readonly inside: Counted;
  /** Connections that calls to the silent partition would hold, if there were so many. */
  readonly wanted: number;
}

export function judgeCheck(run: CheckRun, settings: DoorSettings): CheckJudgement {
  const between = (from: Instant, to: Instant) =>
    run.signIns.filter(({ scheduledAt }) => scheduledAt >= from && scheduledAt < to);
  const silent = between(run.injectedAt, run.endAt);
  const isOutside = ({ outside }: CheckedSignIn): boolean => outside;
  const counts = {
    steady: countOf(between(run.steadyAt, run.injectedAt).filter(isOutside)),
    outside: countOf(silent.filter(isOutside)),
    inside: countOf(silent.filter(({ outside }) => !outside)),
    wanted: wantedBy(settings),
  };
  const doubt = doubtOf(run.signIns, counts, settings);
  if (doubt !== undefined) return { ...doubt, ...counts };
  const { connections } = settings;
  if (isInTimeEnough(counts.outside))
    return {
      verdict: "passed",
      reason: `p3 can hold ${counts.wanted} of ${connections} connections; the others never run out`,
      ...counts,
    };
  if (counts.wanted < connections * checkLimits.heldShare)
    return {
      verdict: "invalid",
      reason: `p3 held no more than ${counts.wanted} of ${connections} connections: something else than the pool made the others wait; try again on a quiet machine`,
      ...counts,
    };
  return {
    verdict: "failed",
    reason: `calls to p3 want ${counts.wanted} connections and there are ${connections}: when the last one is held, everybody waits for p3`,
    ...counts,
  };
}

/** Rate times holding time, as whole connections. A client that leaves gives its connection back. */
const wantedBy = ({ deadlineMs }: DoorSettings): number =>
  Math.ceil((checkLoad.perSecond * Math.min(deadlineMs, checkLoad.patienceMs)) / 1_000);

/** Why the run cannot be asked about the pool; undefined when it can. */
function doubtOf(
  signIns: readonly CheckedSignIn[],
  { steady, outside, inside }: Pick<CheckJudgement, "steady" | "outside" | "inside">,
  { deadlineMs }: DoorSettings,
): Pick<CheckJudgement, "verdict" | "reason"> | undefined {
  const { lagMs, lagShare, shortDeadlineMs, servedInsideShare } = checkLimits;
  const isLagging = ({ scheduledAt, sentAt }: CheckedSignIn): boolean =>
    sentAt === null || sentAt - scheduledAt > lagMs;
  if (signIns.length === 0) return { verdict: "invalid", reason: "nobody signed in; try again on a quiet machine" };
  if (signIns.filter(isLagging).length > lagShare * signIns.length)
    return {
      verdict: "invalid",
      reason: "this machine was too busy to send the load on time; try again when it is not",
    };
  if (deadlineMs < shortDeadlineMs && !(isInTimeEnough(steady) && isInTimeEnough(outside)))
    return {
      verdict: "failed",
      reason: `${steady.refused + outside.refused} of ${steady.signIns + outside.signIns} sign-ins of sound partitions were refused: ${deadlineMs} ms is too short for them`,
    };
  if (!isInTimeEnough(steady))
    return {
      verdict: "invalid",
      reason: "the lab was slow before p3 went silent; try again when the machine is quiet",
    };
  if (inside.inTime > servedInsideShare * inside.signIns)
    return { verdict: "invalid", reason: "p3 went on answering, so that nothing was proven; try again" };
  return undefined;
}

const isInTimeEnough = (counted: Counted): boolean => shareOf(counted) >= checkLimits.inTimeShare;

export const shareOf = ({ signIns, inTime }: Counted): number => (signIns === 0 ? 0 : inTime / signIns);

const countOf = (signIns: readonly CheckedSignIn[]): Counted => ({
  signIns: signIns.length,
  inTime: signIns.filter(isInTime).length,
  refused: signIns.filter(({ outcome }) => outcome === "refused").length,
});

const isInTime = ({ outcome, scheduledAt, endedAt }: CheckedSignIn): boolean =>
  outcome === "ok" && endedAt !== null && endedAt - scheduledAt <= checkLimits.lateMs;
