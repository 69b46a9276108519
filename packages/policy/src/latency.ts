/**
 * How long a sibling usually takes, kept in a fixed number of counters: the hedge waits for a p99, and sorting every
 * latency of a window is what stalls an event loop in the very outage it should help with.
 * Counters stand for ranges that grow by a quarter of an octave, so a quantile is at most a fifth above the truth and
 * never below it, within the span covered (0.1 ms to 100 s). Each half-life halves all counts: old times fade.
 * Invariants: constant size and constant cost per note; a higher quantile is never shorter. Changed in place.
 */
import type { Instant } from "@cordon/model";

export interface Latency {
  readonly counts: number[];
  total: number;
  decayedAt: Instant;
}

const shortestMs = 0.1;
const rangesPerOctave = 4;
const ranges = 81;
export const latencyHalfLifeMs = 10_000;
/**
 * Weight that must have been seen before a quantile is told. A p99 of so few is little more than their maximum, which
 * makes a hedge late and not early; with more, the few sign-ins a second at one role instance would never have one.
 */
export const latencyMinWeight = 20;

export const createLatency = (now: Instant): Latency => ({
  counts: Array.from({ length: ranges }, () => 0),
  total: 0,
  decayedAt: now,
});

/** Takes down that an answer took `tookMs`. */
export function noteLatency(latency: Latency, tookMs: number, now: Instant): void {
  decay(latency, now);
  const range = Math.ceil(rangesPerOctave * Math.log2(Math.max(tookMs, shortestMs) / shortestMs));
  const index = Math.min(ranges - 1, range);
  latency.counts[index] = (latency.counts[index] ?? 0) + 1;
  latency.total += 1;
}

/** The upper end, in milliseconds, of the range the quantile (0 .. 1) falls in; undefined when too little was seen. */
export function quantileMs(latency: Latency, quantile: number, now: Instant): number | undefined {
  decay(latency, now);
  if (latency.total < latencyMinWeight) return undefined;
  let left = quantile * latency.total;
  for (let index = 0; index < ranges; index++) {
    const count = latency.counts[index] ?? 0;
    left -= count;
    if (count > 0 && left <= 1e-9) return shortestMs * 2 ** (index / rangesPerOctave);
  }
  return shortestMs * 2 ** ((ranges - 1) / rangesPerOctave);
}

function decay(latency: Latency, now: Instant): void {
  const halvings = Math.floor((now - latency.decayedAt) / latencyHalfLifeMs);
  if (halvings <= 0) return;
  latency.decayedAt += halvings * latencyHalfLifeMs;
  latency.total = 0;
  for (let index = 0; index < ranges; index++) {
    const kept = (latency.counts[index] ?? 0) / 2 ** halvings;
    latency.counts[index] = kept;
    latency.total += kept;
  }
}
