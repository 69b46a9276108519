/** The quantile estimator, against sorted lists. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLatency, latencyHalfLifeMs, latencyMinWeight, noteLatency, quantileMs } from "./latency.ts";

function noted(tookMs: readonly number[]) {
  const latency = createLatency(0);
  for (const ms of tookMs) noteLatency(latency, ms, 0);
  return latency;
}

test("nothing is told before enough was seen", () => {
  const latency = noted(Array.from({ length: latencyMinWeight - 1 }, () => 5));
  expect(quantileMs(latency, 0.99, 0)).toBeUndefined();
  noteLatency(latency, 5, 0);
  expect(quantileMs(latency, 0.99, 0)).toBeGreaterThanOrEqual(5);
});

test("a quantile is never below the sorted list's and at most a fifth above it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.1, max: 50_000, noNaN: true }), { minLength: latencyMinWeight, maxLength: 400 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (tookMs, quantile) => {
        const sorted = tookMs.toSorted((one, other) => one - other);
        const truth = sorted[Math.max(0, Math.ceil(quantile * sorted.length - 1e-9) - 1)] ?? 0;
        const told = quantileMs(noted(tookMs), quantile, 0) ?? 0;
        expect(told).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
        expect(told).toBeLessThanOrEqual(truth * 1.2);
      },
    ),
  );
});

test("a higher quantile is never shorter", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 50, maxLength: 80 }), (tookMs) => {
      const latency = noted(tookMs);
      const told = [0, 0.25, 0.5, 0.75, 0.99, 1].map((quantile) => quantileMs(latency, quantile, 0) ?? 0);
      expect(told).toEqual(told.toSorted((one, other) => one - other));
    }),
  );
});

test("old times fade: what is now decides after some half-lives, and silence ends in knowing nothing", () => {
  const latency = noted(Array.from({ length: 1000 }, () => 400));
  const later = latencyHalfLifeMs * 8;
  for (let nth = 0; nth < 1000; nth++) noteLatency(latency, 10, later);
  expect(quantileMs(latency, 0.99, later)).toBeLessThan(12.1);
  expect(quantileMs(latency, 0.99, later + latencyHalfLifeMs * 20)).toBeUndefined();
});

test("what is kept does not grow", () => {
  const latency = createLatency(0);
  for (let nth = 0; nth < 100_000; nth++) noteLatency(latency, nth, nth);
  expect(latency.counts.length).toBe(81);
});
