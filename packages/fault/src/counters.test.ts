/** Exchanges by the second: exact for as long as they are kept, and gone afterwards. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createCounters, keptSeconds } from "./counters.ts";

test("every second of the last ten minutes has its exchanges, gaps have 0", () => {
  const steps = fc.array(fc.nat({ max: 400_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.nat({ max: 5_000_000 }), (gaps, madeAt) => {
      const counters = createCounters(madeAt);
      let now = madeAt;
      const stamps = gaps.map((gap) => {
        now += gap;
        counters.exchange(now);
        return now;
      });
      const last = Math.floor(now / 1000);
      const first = Math.max(Math.floor(madeAt / 1000), last - keptSeconds + 1);
      const expected = Array.from({ length: last - first + 1 }, (_, index) => ({
        at: (first + index) * 1000,
        exchanges: stamps.filter((at) => Math.floor(at / 1000) === first + index).length,
      }));
      expect(counters.seconds(now)).toEqual(expected);
      expect(counters.snapshot([]).exchanges).toBe(stamps.length);
    }),
  );
});

test("the bites of toxics that are gone are remembered, but not without bound", () => {
  const counters = createCounters(0);
  for (let toxic = 0; toxic < 300; toxic++) counters.bit(`t${toxic}`);
  const { applied } = counters.snapshot([]);
  expect(Object.keys(applied)).toHaveLength(256);
  expect(applied["t299"]).toBe(1);
});
