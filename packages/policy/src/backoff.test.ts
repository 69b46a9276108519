/** Delays before retries. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelayMs } from "./backoff.ts";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a fixed delay is the same for every retry and takes no chance", () => {
  expect([0, 1, 7].map((retry) => retryDelayMs({ kind: "fixed", ms: 250 }, retry, 0.9))).toEqual([250, 250, 250]);
});

test("a jittered delay spans the whole of a doubling, capped range", () => {
  const delay = { kind: "jittered", baseMs: 20, capMs: 100 } as const;
  expect([0, 1, 2, 3, 50].map((retry) => retryDelayMs(delay, retry, 0.5))).toEqual([10, 20, 40, 50, 50]);
  expect(retryDelayMs(delay, 3, 0)).toBe(0);
});

test("a jittered delay never leaves 0 .. cap, and its bound never shrinks from one retry to the next", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1e5, noNaN: true }),
      fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      fc.nat({ max: 5000 }),
      random,
      (baseMs, capMs, retry, chance) => {
        const delay = { kind: "jittered", baseMs, capMs } as const;
        const waited = retryDelayMs(delay, retry, chance);
        expect(waited).toBeGreaterThanOrEqual(0);
        expect(waited).toBeLessThanOrEqual(capMs);
        expect(retryDelayMs(delay, retry + 1, chance)).toBeGreaterThanOrEqual(waited);
      },
    ),
  );
});
