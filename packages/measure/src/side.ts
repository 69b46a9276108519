/**
 * One side, judged by itself: its history made into figures, limits held to them, and the flaws for which it must not be
 * believed. What the sides mean for one another is the verdict's matter.
 */
import type { HandsOn, History, Instant, ResultEvent, Side } from "@cordon/model";
import { amplificationOf } from "./amplification.ts";
import { attemptsOf } from "./attempt.ts";
import { byUnit, delayOf, deliveriesOf } from "./deliveries.ts";
import { headStart } from "./detection.ts";
import { faultSteps, healedItself } from "./fault.ts";
import { handsOnOf } from "./hands-on.ts";
import { hurtIn } from "./hurt.ts";
import { distortedBy } from "./integrity.ts";
import { accountOf } from "./ledger.ts";
import { holdLimits, provesControl, type Figures } from "./limits.ts";
import { loadOf } from "./load.ts";
import { crowdedBy, noiseOf, noisyBy } from "./noise.ts";
import { ordersIn } from "./orders.ts";
import { percentiles } from "./percentile.ts";
import { takeApart, type Records } from "./records.ts";
import { projectSla } from "./sla.ts";
import { isOutside, type DrillSpec } from "./spec.ts";
import { unsteadyBy } from "./steady.ts";
import { timesOf, type Seen, type Times } from "./times.ts";
import { windowsOf, within } from "./window.ts";

/** One run of one side. */
export interface SideRun {
  readonly preset: string;
  /** Ids of the protections that were off. */
  readonly disabled: readonly string[];
  readonly history: History;
}

/** Why a side must not be believed, the gravest first. `detail` is one clause for the reason of a verdict. */
export interface Flaw {
  readonly kind:
    | "incomplete record"
    | "no steady state"
    | "head start"
    | "fault not proven to bite"
    | "fault healed itself"
    | "fault not proven gone";
  readonly detail: string;
}

export interface JudgedSide {
  readonly side: Side;
  readonly flaws: readonly Flaw[];
  /** Ids of the broken limits that show harm beyond what failed: what makes a baseline a control. */
  readonly harmBeyond: readonly string[];
  /** What an operator ordered while it ran, in words and in order; then it was no run of the drill alone. */
  readonly orders: readonly string[];
  /** The operator's own figures; null when no person had the drill in hand. */
  readonly handsOn: HandsOn | null;
  /** What was not quiet on the host, in words; null on a quiet one. */
  readonly noisyBy: string | null;
  /** What left it too few cores to refute anything, in words; null where it had enough. */
  readonly crowdedBy: string | null;
  /** The side ran to its end, so that its mails can be accounted for. */
  readonly ended: boolean;
}

/** Figures, limits and flaws of one side. */
export function judgeSide({ preset, disabled, history }: SideRun, spec: DrillSpec): JudgedSide {
  const records = takeApart(history);
  const fault = faultSteps(records.faults);
  const windows = windowsOf(records, fault);
  const copies = byUnit(records.copies);
  const fates = byUnit(records.fates);
  const seen: Seen = {
    records,
    fault,
    windows,
    attempts: attemptsOf(records, spec),
    deliveries: deliveriesOf(records, copies, fates, spec),
  };
  const account = accountOf(records.mails, copies, fates);
  const handsOn = spec.handsOn === undefined ? null : handsOnOf(seen, spec, spec.handsOn.leaseMs);
  const unaided = timesOf(seen, spec);
  // Where a person isolates, others who fare well show nothing as long as nobody has.
  const times = handsOn === null ? unaided : { ...unaided, ttiMs: handsOn.operatorTtiMs };
  const figures: Figures = { preset, disabled: [...disabled], ...figuresOf(seen, times, account, preset, spec) };
  const limits = holdLimits(spec.limits, figures);
  return {
    side: { ...figures, limits },
    harmBeyond: limits.filter((limit) => provesControl(limit, figures, spec.failedUnit)).map(({ id }) => id),
    flaws: flawsOf(seen, spec),
    orders: ordersIn(records.events, windows.zero),
    handsOn,
    noisyBy: noisyBy(figures.noise, spec.noise),
    crowdedBy: crowdedBy(figures.noise, spec.noise),
    ended: records.phases.some(({ phase }) => phase === "end"),
  };
}

function figuresOf(
  seen: Seen,
  times: Times,
  account: ReturnType<typeof accountOf>,
  preset: string,
  spec: DrillSpec,
): Omit<Figures, "preset" | "disabled"> {
  const { records, fault, windows, attempts, deliveries } = seen;
  const { zero, judged, steady } = windows;
  const outside = records.signIns.filter((record) => isOutside(spec, record.user));
  const inside = records.signIns.filter((record) => !isOutside(spec, record.user));
  const delays = (where: boolean): number[] =>
    deliveries
      .filter((delivery) => delivery.outside === where && within(judged, delivery.scheduledAt))
      .map((delivery) => delayOf(delivery, judged.to));
  const onClock = (at: Instant | null): number | null => (at === null ? null : at - zero);
  return {
    events: eventsOn(records, zero),
    fault: {
      injectedAtMs: onClock(fault.injectedAt),
      provenAtMs: onClock(fault.provenAt),
      removedAtMs: onClock(fault.removedAt),
      provenGoneAtMs: onClock(fault.provenGoneAt),
    },
    failedShare: failedShare(spec),
    hurt: hurtIn(attempts, judged),
    ...times,
    amplification: amplificationOf(records, deliveries, judged, preset, spec),
    signIn: {
      outside: loadOf(outside, judged, steady, spec.lateMs),
      inside: loadOf(inside, judged, steady, spec.lateMs),
    },
    mail: { ...account, delayMs: { outside: percentiles(delays(true)), inside: percentiles(delays(false)) } },
    sla: projectSla(seen, times, spec),
    noise: noiseOf(records.noise, records.host, { from: steady.from, to: judged.to }),
  };
}

const eventsOn = (records: Records, zero: Instant): ResultEvent[] =>
  records.events.map(({ at, ...event }) => ({ atMs: at - zero, ...event }));

const failedShare = ({ users, failedPartition }: DrillSpec): number =>
  users.size === 0 ? 0 : [...users.values()].filter((partition) => partition === failedPartition).length / users.size;

function flawsOf({ records, fault, windows, attempts, deliveries }: Seen, spec: DrillSpec): Flaw[] {
  const flaws: Flaw[] = [];
  const distorted = distortedBy(records, attempts, windows, spec);
  if (distorted !== null) flaws.push({ kind: "incomplete record", detail: distorted });
  const unsteady = unsteadyBy(records, deliveries, windows, spec);
  if (unsteady !== null) flaws.push({ kind: "no steady state", detail: unsteady });
  const early = headStart(records.events, spec.detector, windows);
  if (early !== undefined) {
    const aheadMs = (windows.zero - early.at).toFixed(0);
    const detail = `${early.source} named ${spec.detector.partition} ${aheadMs} ms before the fault`;
    flaws.push({ kind: "head start", detail });
  }
  if (fault.provenAt === null) flaws.push({ kind: "fault not proven to bite", detail: "no proof after the injection" });
  if (healedItself(records.events, fault))
    flaws.push({ kind: "fault healed itself", detail: "its lease ran out before it was removed" });
  if (fault.provenGoneAt === null) flaws.push({ kind: "fault not proven gone", detail: "no proof after the removal" });
  return flaws;
}
