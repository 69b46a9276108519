/** The schedule of a mail that cannot be delivered yet. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { defer, deferralDelayMs } from "./deferral.ts";

const settings = { firstMs: 100, factor: 2, maxMs: 1000, jitter: 0.5, expireMs: 10_000 };

test("delays grow up to a cap, the last attempt falls on the expiry, and then the mail is bounced", () => {
  const instants: number[] = [];
  let now = 0;
  let attempts = 0;
  for (;;) {
    const next = defer({ ...settings, expireMs: 4000 }, { acceptedAt: 0, attempts }, "flowing", 0, now);
    if (next.do === "bounce") break;
    instants.push(next.at);
    now = next.at;
    attempts = next.attempts;
  }
  expect(instants).toEqual([100, 300, 700, 1500, 2500, 3500, 4000]);
});

test("jitter takes off at most its share", () => {
  expect(defer(settings, { acceptedAt: 0, attempts: 0 }, "flowing", 0.5, 0)).toEqual({
    do: "retry",
    at: 75,
    attempts: 1,
  });
});

test("a failure while the lane is isolated is not counted against the mail", () => {
  expect(defer(settings, { acceptedAt: 0, attempts: 3 }, "isolated", 0, 50)).toEqual({
    do: "retry",
    at: 450,
    attempts: 3,
  });
  expect(defer(settings, { acceptedAt: 0, attempts: 3 }, "draining", 0, 50)).toMatchObject({ attempts: 4 });
});

test("for any settings: never past the expiry, never in the past, and without jitter never a shorter delay", () => {
  const any = fc.record({
    firstMs: fc.integer({ min: 1, max: 10_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxMs: fc.integer({ min: 1, max: 100_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    expireMs: fc.integer({ min: 1, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(
      any,
      fc.nat({ max: 2000 }),
      fc.nat({ max: 2_000_000 }),
      fc.constantFrom("flowing" as const, "isolated" as const, "draining" as const),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (given, attempts, now, lane, random) => {
        const decision = defer(given, { acceptedAt: 0, attempts }, lane, random, now);
        expect(decision.do).toBe(now >= given.expireMs ? "bounce" : "retry");
        if (decision.do === "retry") {
          assert.isAtLeast(decision.at, now);
          assert.isAtMost(decision.at, given.expireMs);
          assert.strictEqual(decision.attempts - attempts, lane === "isolated" ? 0 : 1);
        }
        expect(deferralDelayMs(given, attempts + 1)).toBeGreaterThanOrEqual(deferralDelayMs(given, attempts));
        expect(deferralDelayMs(given, attempts)).toBeLessThanOrEqual(given.maxMs);
      },
    ),
  );
});
