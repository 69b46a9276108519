import { populate } from "@cordon/lab";
import { planWorkload } from "@cordon/load";
import { attemptEnd } from "@cordon/measure";
import type { SignInRecord } from "@cordon/model";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { steadyFigures, unsoundBy, type SteadyLook } from "./steady-gate.ts";

const lateMs = 1_000;
const plan = { seed: "s", lengthMs: 20_000, signInPerSecond: 32, mailPerSecond: 10, aliasShare: 0.1 };
const planned = planWorkload(plan, populate(["p1", "p2"], 24).users);
/** Sign-ins are due from 13 s to 17 s. */
const look: SteadyLook = { planned, startAt: 10_000, steadyAt: 13_000, now: 18_000, lateMs };

/** How a sign-in ends, and how long after its time; null: never. */
interface Fate {
  readonly outcome: SignInRecord["outcome"];
  readonly afterMs: number | null;
}

/** Every sign-in of the schedule with its end, as it stands when the run is over. */
const whole = (fateOf: (index: number) => Fate): readonly SignInRecord[] =>
  planned
    .filter(({ kind }) => kind === "sign-in")
    .map(({ id, user, offsetMs }, index) => {
      const { outcome, afterMs } = fateOf(index);
      const scheduledAt = look.startAt + offsetMs;
      const endedAt = afterMs === null ? null : scheduledAt + afterMs;
      const { address, partition } = user;
      return {
        type: "sign-in",
        id,
        user: address,
        partition,
        scheduledAt,
        sentAt: scheduledAt,
        endedAt,
        outcome,
        code: "",
      };
    });

/** What of it is written down by the moment of the look. */
const byThen = (records: readonly SignInRecord[]): readonly SignInRecord[] =>
  records.filter(({ endedAt }) => endedAt !== null && endedAt < look.now);

const figures = (fateOf: (index: number) => Fate) => steadyFigures(look, byThen(whole(fateOf)));
const ok = (afterMs: number): Fate => ({ outcome: "ok", afterMs });

test.each<[string, (index: number) => Fate, number]>([
  ["answers all in time", () => ok(40), 1],
  ["answers all of them too late", () => ok(2_253), 0],
  ["answers nobody, and nobody has given up yet", () => ok(9_000), 0],
  ["refuses all of them", () => ({ outcome: "refused", afterMs: 5 }), 0],
  ["was sent nothing", () => ({ outcome: "unsent", afterMs: null }), 0],
  ["signs in by the fallback", () => ({ outcome: "degraded", afterMs: 40 }), 0],
  ["answers one in four in time", (index) => ok(index % 4 === 0 ? 40 : 1_500), 0.25],
  ["answers fifteen of sixteen in time", (index) => ok(index % 16 === 0 ? 1_500 : 40), 0.9375],
])("a lab that %s is judged by that", (_, fateOf, share) => {
  const found = figures(fateOf);
  const words = `no steady state: ${(share * 100).toFixed(1)} % of 128 sign-ins were served in time before the fault`;
  expect([found.signIns, found.okShare]).toEqual([128, share]);
  expect(unsoundBy(found, null)).toBe(share === 1 ? undefined : words);
});

test("what others took of the host stands in the reason, where it is known", () => {
  const found = figures(() => ok(2_253));
  const words = "no steady state: 0.0 % of 128 sign-ins were served in time before the fault";
  expect(unsoundBy(found, 0.934)).toBe(`${words}; other processes took 93 % of all cores`);
});

test("those who still wait are in the p95, with the time they have waited", () => {
  expect(figures(() => ok(9_000)).p95Ms).toBeGreaterThan(lateMs);
  expect(figures(() => ok(40)).p95Ms).toBeCloseTo(40);
});

test("a steady phase too short for anybody's time to run out says nothing, and stops nothing", () => {
  const found = steadyFigures({ ...look, now: 13_900 }, []);
  expect(found).toEqual({ seconds: 0.9, signIns: 0, okShare: 1, p95Ms: null });
  expect(unsoundBy(found, null)).toBeUndefined();
});

test("whatever becomes of the sign-ins, the gate finds of them what the kernel finds at the end", () => {
  const fate: fc.Arbitrary<Fate> = fc.record({
    outcome: fc.constantFrom("ok", "degraded", "refused", "unknown", "unsent"),
    afterMs: fc.option(fc.integer({ min: 0, max: 12_000 })),
  });
  fc.assert(
    fc.property(fc.array(fate, { minLength: 1, maxLength: 64 }), (fates) => {
      const end = whole((index) => fates[index % fates.length] ?? ok(0));
      const judged = end.filter(({ scheduledAt: at }) => at >= look.steadyAt && at < look.now - lateMs);
      const served = judged.filter((record) => attemptEnd(record, lateMs) === "ok").length;
      const { signIns, okShare } = steadyFigures(look, byThen(end));
      expect([signIns, okShare]).toEqual([judged.length, served / judged.length]);
    }),
  );
});
