/**
 * What the charts are drawn from: the history of a side cut into equal stretches of time on the fault clock, the same
 * stretches for every side, so that the same place in two charts is the same moment. No verdict is made from it. An
 * attempt belongs to the stretch it was scheduled in. Invariant: however long a run was, there are at most `maxBins`.
 */
import type { DrillSpec } from "@cordon/measure";
import type { History, SignInRecord } from "@cordon/model";

/** Time on the fault clock, from `fromMs` up to and without `toMs`, in stretches of `binMs`. */
export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly binMs: number;
  readonly bins: number;
}

const maxBins = 160;
const secondMs = 1_000;

/** Inside or outside the failed partition. */
export type Where = "outside" | "inside";
export const wheres: readonly Where[] = ["outside", "inside"];

/** What became of a sign-in, as a chart shows it: one without an answer is late for ever. */
export const ends = ["served", "degraded", "late", "refused"] as const;
export type End = (typeof ends)[number];

/** A figure for each stretch; null where there is none. */
export type Figures = readonly (number | null)[];

export interface Series {
  /** Sign-ins a second. */
  readonly signIns: Readonly<Record<Where, Readonly<Record<End, readonly number[]>>>>;
  /** 95th percentile of the sign-ins of the stretch, refusals apart, ms. */
  readonly latencyMs: Readonly<Record<Where, Figures>>;
  /** 95th percentile of the time to the mailbox; a mail that never came has waited until the end, ms. */
  readonly delayMs: Readonly<Record<Where, Figures>>;
  /** Accepted mails of the stretch that were not in their mailbox by the end. */
  readonly undelivered: Readonly<Record<Where, readonly number[]>>;
  /** Most mails waiting, lane by lane, in order of their partitions. */
  readonly lanes: readonly { readonly partition: string; readonly queued: Figures }[];
}

/** Moments of a side on CLOCK_MONOTONIC. */
interface Moments {
  readonly zero: number;
  readonly steadyAt: number;
  readonly endAt: number;
}

/** Undefined where nothing was scheduled. */
function momentsOf(history: History): Moments | undefined {
  let [injectedAt, faultAt, steadyAt, endAt, first, last] = [
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    -Infinity,
  ];
  for (const record of history) {
    if (record.type === "fault" && record.step === "injected") injectedAt = Math.min(injectedAt, record.at);
    if (record.type === "phase" && record.phase === "fault") faultAt = record.at;
    if (record.type === "phase" && record.phase === "steady") steadyAt = record.at;
    if (record.type === "phase" && record.phase === "end") endAt = record.at;
    if (record.type !== "sign-in" && record.type !== "mail") continue;
    first = Math.min(first, record.scheduledAt);
    last = Math.max(last, record.scheduledAt);
  }
  if (first > last) return undefined;
  if (endAt === Infinity) endAt = last;
  const zero = [injectedAt, faultAt, endAt].find((at) => at < Infinity) ?? endAt;
  return { zero, steadyAt: steadyAt < Infinity ? steadyAt : first, endAt };
}

/** One axis for all sides, in whole stretches only: a stretch cut short would look like an outage. */
export function axisOf(histories: readonly History[]): Axis {
  const moments = histories.map(momentsOf).filter((found) => found !== undefined);
  const from = Math.min(0, ...moments.map(({ zero, steadyAt }) => steadyAt - zero));
  const to = Math.max(secondMs, ...moments.map(({ zero, endAt }) => endAt - zero));
  const binMs = Math.max(1, Math.ceil((to - from) / secondMs / maxBins)) * secondMs;
  const fromMs = 0 - Math.floor(-from / binMs) * binMs;
  const toMs = Math.max(fromMs + binMs, Math.floor(to / binMs) * binMs);
  return { fromMs, toMs, binMs, bins: Math.round((toMs - fromMs) / binMs) };
}

/** The series of one side. */
export function seriesOf(history: History, spec: DrillSpec, axis: Axis): Series {
  const { zero = 0, endAt = 0 } = momentsOf(history) ?? {};
  const binOf = (at: number): number | undefined => {
    const bin = Math.floor((at - zero - axis.fromMs) / axis.binMs);
    return bin >= 0 && bin < axis.bins ? bin : undefined;
  };
  return {
    ...signInSeries(history, spec, axis, endAt, binOf),
    ...mailSeries(history, spec, axis, endAt, binOf),
    lanes: laneSeries(history, axis, binOf),
  };
}

type BinOf = (at: number) => number | undefined;

const whereOf = (spec: DrillSpec, user: string): Where =>
  spec.users.get(user) === spec.failedPartition ? "inside" : "outside";
const each = <Value>(make: () => Value): Record<Where, Value> => ({ outside: make(), inside: make() });
const zeros = (axis: Axis): number[] => Array.from({ length: axis.bins }, () => 0);
const lists = (axis: Axis): number[][] => Array.from({ length: axis.bins }, () => []);

function signInSeries(
  history: History,
  spec: DrillSpec,
  axis: Axis,
  endAt: number,
  binOf: BinOf,
): Pick<Series, "signIns" | "latencyMs"> {
  const counts = each(() => ({ served: zeros(axis), degraded: zeros(axis), late: zeros(axis), refused: zeros(axis) }));
  const waited = each(() => lists(axis));
  for (const record of history) {
    if (record.type !== "sign-in") continue;
    const bin = binOf(record.scheduledAt);
    if (bin === undefined) continue;
    const where = whereOf(spec, record.user);
    const end = endOf(record, spec.lateMs);
    counts[where][end][bin] = (counts[where][end][bin] ?? 0) + secondMs / axis.binMs;
    if (end !== "refused") waited[where][bin]?.push((record.endedAt ?? endAt) - record.scheduledAt);
  }
  return { signIns: counts, latencyMs: { outside: waited.outside.map(p95), inside: waited.inside.map(p95) } };
}

function endOf(record: SignInRecord, lateMs: number): End {
  const isLate = record.endedAt === null || record.endedAt - record.scheduledAt > lateMs;
  switch (record.outcome) {
    case "ok":
      return isLate ? "late" : "served";
    case "degraded":
      return isLate ? "late" : "degraded";
    case "refused":
      return "refused";
    case "unknown":
    case "unsent":
      return "late";
  }
}

function mailSeries(
  history: History,
  spec: DrillSpec,
  axis: Axis,
  endAt: number,
  binOf: BinOf,
): Pick<Series, "delayMs" | "undelivered"> {
  const copies = new Map<string, number>();
  const unit = (headerId: string, mailbox: string): string => `${headerId} ${mailbox}`;
  for (const record of history) {
    if (record.type !== "maildir") continue;
    const key = unit(record.headerId, record.mailbox);
    copies.set(key, Math.min(copies.get(key) ?? Infinity, record.at));
  }
  const delays = each(() => lists(axis));
  const undelivered = each(() => zeros(axis));
  for (const record of history) {
    if (record.type !== "mail" || record.outcome !== "ok") continue;
    const bin = binOf(record.scheduledAt);
    if (bin === undefined) continue;
    const where = whereOf(spec, record.user);
    for (const mailbox of record.mailboxes) {
      const deliveredAt = copies.get(unit(record.headerId, mailbox));
      delays[where][bin]?.push(Math.max(0, (deliveredAt ?? endAt) - record.scheduledAt));
      if (deliveredAt === undefined) undelivered[where][bin] = (undelivered[where][bin] ?? 0) + 1;
    }
  }
  return { delayMs: { outside: delays.outside.map(p95), inside: delays.inside.map(p95) }, undelivered };
}

function laneSeries(history: History, axis: Axis, binOf: BinOf): Series["lanes"] {
  const lanes = new Map<string, (number | null)[]>();
  for (const record of history) {
    if (record.type !== "queue") continue;
    const bin = binOf(record.at);
    const lane = lanes.getOrInsertComputed(record.partition, () => Array.from({ length: axis.bins }, () => null));
    if (bin !== undefined) lane[bin] = Math.max(lane[bin] ?? 0, record.queued);
  }
  return [...lanes]
    .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(([partition, queued]) => ({
      partition,
      queued: queued.map((value, bin) => value ?? queued[bin - 1] ?? null),
    }));
}

/** By nearest rank, from however few there are: a chart shows what was, and no limit hangs on it. */
const p95 = (values: readonly number[]): number | null =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? null;
