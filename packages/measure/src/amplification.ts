/**
 * How much more the failed partition was asked than users asked for. The fault proxy counts exchanges from outside; what
 * was offered is known from the schedule, second by second. The figure is the worst second: exchanges less the callers'
 * canaries, over what was offered in that very second. Where a second holds few requests, chance would decide: one more
 * or less is a tenth, and a retry may fall into the next. Then the worst run of seconds is taken that is as long as
 * `minAsked` requests need, and never longer than `longestSpan`. A mail that waited and is looked up when its lane drains was offered late, not twice: it counts again where it arrives.
 */
import type { ExchangesRecord, Instant } from "@cordon/model";
import type { Delivery } from "./deliveries.ts";
import type { Records } from "./records.ts";
import { isOutside, type DrillSpec } from "./spec.ts";
import { within, type Window } from "./window.ts";

const secondMs = 1_000;
/** A mail that had waited may be looked up in one second and arrive this far into the next. */
const lookupLeadMs = 250;
/** Requests that must be expected in what is judged at once, and how many seconds that may take at most. */
const minAsked = 60;
const longestSpan = 5;

/** Worst ratio of a whole second (or run of seconds) in `judged`, at least 0; null where the proxy counted none of the failed partition's,
 * or the drill does not say what the preset asks when nothing is wrong. */
export function amplificationOf(
  records: Records,
  deliveries: readonly Delivery[],
  judged: Window,
  preset: string,
  spec: DrillSpec,
): number | null {
  const asking = spec.amplification[preset];
  if (asking === undefined) return null;
  const { lookupsPerMail, canaryPerSecond } = asking;
  const mails = records.mails.filter((mail) => !isOutside(spec, mail.user)).map((mail) => mail.scheduledAt);
  const signIns = records.signIns.filter((signIn) => !isOutside(spec, signIn.user)).map((signIn) => signIn.scheduledAt);
  const waited = deliveries
    .filter(
      ({ outside, scheduledAt, deliveredAt }) => !outside && (deliveredAt ?? scheduledAt) - scheduledAt > secondMs,
    )
    .map(({ deliveredAt, scheduledAt }) => deliveredAt ?? scheduledAt)
    .toSorted((a, b) => a - b);
  const asked = (window: Window): number => count(signIns, window) + lookupsPerMail * count(mails, window);
  const perSecond = (window: Window): number => (asked(window) * secondMs) / (window.to - window.from);
  const span = Math.min(longestSpan, Math.max(1, Math.ceil(minAsked / Math.max(1, perSecond(judged)))));
  const whole = seconds(records.exchanges, spec.failedPartition).filter(
    ({ at }) => within(judged, at) && at + secondMs <= judged.to,
  );
  const ratios = whole.slice(0, Math.max(0, whole.length - span + 1)).map(({ at }, first) => {
    const exchanges = whole.slice(first, first + span).reduce((sum, second) => sum + second.exchanges, 0);
    const to = at + span * secondMs;
    const drained = lookupsPerMail * count(waited, { from: at, to: to + lookupLeadMs });
    return Math.max(0, exchanges - span * canaryPerSecond) / Math.max(1, asked({ from: at, to }) + drained);
  });
  return ratios.length === 0 ? null : ratios.reduce((worst, ratio) => Math.max(worst, ratio));
}

/** Exchanges of the partition second by second, over all its proxies. Their seconds begin together, give or take half. */
function seconds(records: readonly ExchangesRecord[], partition: string): { at: Instant; exchanges: number }[] {
  const own = records.filter((record) => record.partition === partition);
  const first = own[0]?.at ?? 0;
  const sums = new Map<number, { at: Instant; exchanges: number }>();
  for (const { at, exchanges } of own) {
    const second = sums.getOrInsertComputed(Math.round((at - first) / secondMs), () => ({ at, exchanges: 0 }));
    second.exchanges += exchanges;
  }
  return [...sums.values()].toSorted((a, b) => a.at - b.at);
}

/** How many instants of an ascending list lie in the window. */
const count = (ascending: readonly Instant[], window: Window): number =>
  firstFrom(ascending, window.to) - firstFrom(ascending, window.from);

/** Index of the first instant at or after `from`, by halving. */
function firstFrom(ascending: readonly Instant[], from: Instant): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
