import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProtectionId } from "@cordon/model";
import { costIn, type Cost, type CpuRun } from "./cost.ts";
import { judgeAblation, type SideFound } from "./judge.ts";
import { nameOfStep, type Step } from "./step.ts";
import { firstSteps } from "./steps.ts";
import { flagshipAblation as table } from "./table.ts";

const sideSeconds = 40;
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();

/** What the host's speed adds to the share of the side that is so far into the ablation. */
type Host = (position: number) => number;

/** A side on such a host: with everything a third of all cores, each protection's own cost less without it. */
const found = (step: Step, position: number, host: Host, trueCost: number): SideFound => ({
  name: nameOfStep(step),
  step,
  startedAt: at(position * sideSeconds),
  verdict: "held",
  reason: "",
  isSound: true,
  broken: [],
  figures: null,
  ownShare: 1 / 3 + host(position) - step.without.length * trueCost,
});

/** What each protection of the flagship is said to cost after an ablation on such a host. */
function costsOn(host: Host, trueCost: number, times: number): ReadonlyMap<ProtectionId, Cost> {
  const sides = firstSteps(table, times).map((step, position) => found(step, position, host, trueCost));
  const judged = judgeAblation(table, new Map(sides.map((side) => [side.name, side])));
  return new Map(judged.flatMap(({ id, cost }) => (cost === null ? [] : [[id, cost] as const])));
}

/** Floating point alone. */
const slack = 1e-9;
const cost = fc.double({ min: -0.1, max: 0.1, noNaN: true });
const times = fc.integer({ min: 1, max: 3 });
/** Drifts are made of hundredths of a point, so that rounding is never taken for one. */
const grain = 10_000;
const linear = fc
  .integer({ min: -50, max: 50 })
  .filter((perSide) => perSide !== 0)
  .map(
    (perSide): Host =>
      (position) =>
        (position * perSide) / grain,
  );
/** One way only, in steps of any size. */
const oneWay = fc
  .tuple(fc.array(fc.nat({ max: 100 }), { minLength: 200, maxLength: 200 }), fc.constantFrom(1, -1))
  .map(([steps, sign]): Host => {
    const sums = [0];
    for (const step of steps) sums.push((sums.at(-1) ?? 0) + step);
    return (position) => (sign * (sums[position] ?? Number.NaN)) / grain;
  });

describe("what a protection is said to cost", () => {
  test("is exact on a host that keeps its speed, without noise", () => {
    for (const told of costsOn(() => 0, 0.034, 1).values()) {
      expect(told.share).toBeCloseTo(0.034);
      expect(told.noiseShare).toBe(0);
      expect(told.isWithinNoise).toBe(false);
    }
  });

  test("is told of every protection, in each of its variants", () => {
    const told = costsOn(() => 0, 0.01, 1);
    for (const { id, variants } of table.protections)
      expect(told.get(id)?.variants.map(({ variant }) => variant)).toEqual(variants);
  });

  test("is right to within half of what the host drifts from one run with everything to the next", () => {
    fc.assert(
      fc.property(fc.oneof(linear, oneWay), cost, times, (host, trueCost, often) => {
        for (const told of costsOn(host, trueCost, often).values())
          expect(Math.abs(told.share - trueCost)).toBeLessThanOrEqual(told.noiseShare / 2 + slack);
      }),
    );
  });

  test("is within the noise where there is a drift and no cost", () => {
    fc.assert(
      fc.property(fc.oneof(linear, oneWay), times, (host, often) => {
        for (const told of costsOn(host, 0, often).values()) expect(told.isWithinNoise).toBe(true);
      }),
    );
  });

  test("is not the drift, as the difference to the first run with everything would be", () => {
    const told = costsOn((position) => position * 0.004, 0, 1).get("ramp");
    expect(told?.isWithinNoise).toBe(true);
    expect(Math.abs(told?.share ?? 1)).toBeLessThan(0.01);
  });
});

describe("the neighbours of a side", () => {
  const run = (second: number, ownShare: number | null): CpuRun => ({ startedAt: at(second), ownShare });

  test("are the runs with everything before and after it in time, whatever they are called", () => {
    const late = [run(4_000, 0.9), run(0, 0.4), run(80, 0.5)];
    expect(costIn("v", late, [run(40, 0.3)])).toEqual({
      variant: "v",
      withShare: 0.45,
      withoutShare: 0.3,
      noiseShare: 0.4,
    });
  });

  test.each<[string, readonly CpuRun[], readonly CpuRun[]]>([
    ["no run with everything after it", [run(0, 0.4), run(40, 0.4)], [run(80, 0.3)]],
    ["none before it", [run(40, 0.4), run(80, 0.4)], [run(0, 0.3)]],
    ["none whose CPU can be told", [run(0, 0.4), run(80, null)], [run(40, 0.3)]],
    ["no CPU of its own that can be told", [run(0, 0.4), run(80, 0.4)], [run(40, null)]],
  ])("are needed both: with %s nothing is said", (_, whole, without) => {
    expect(costIn("v", whole, without)).toBeNull();
  });
});
