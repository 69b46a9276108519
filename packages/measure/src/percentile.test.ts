import * as fc from "fast-check";
import { expect, test } from "vitest";
import { minSamples, percentileOf, percentiles } from "./percentile.ts";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test("a percentile is a value that was measured, by nearest rank", () => {
  expect(percentiles(upTo(100).toReversed())).toEqual({ samples: 100, p50: 50, p95: 95, p99: null, max: 100 });
  expect(percentiles(upTo(2_000))).toEqual({ samples: 2_000, p50: 1_000, p95: 1_900, p99: 1_980, max: 2_000 });
});

test("a p99 of 1,999 samples and a p95 of 99 are not told", () => {
  expect(percentiles(upTo(1_999)).p99).toBeNull();
  expect(percentiles(upTo(99))).toEqual({ samples: 99, p50: 50, p95: null, p99: null, max: 99 });
});

test("nothing measured is nothing told", () => {
  expect(percentiles([])).toEqual({ samples: 0, p50: null, p95: null, p99: null, max: null });
  expect(percentileOf([], 0.5, 0)).toBeNull();
});

test("at least that share of the values is at or below the percentile, and less than that is below it", () => {
  const lists = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(lists, fc.constantFrom(0.5, 0.95, 0.99, 0.999), (values, share) => {
      const value = percentileOf(values, share, minSamples.p50) ?? Number.NaN;
      const atOrBelow = values.filter((one) => one <= value).length;
      const below = values.filter((one) => one < value).length;
      expect(atOrBelow).toBeGreaterThanOrEqual(share * values.length - 1e-6);
      expect(below).toBeLessThan(Math.max(1, share * values.length + 1e-6));
    }),
  );
});
