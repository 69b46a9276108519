import { expect, test } from "vitest";
import { othersShareOf, shareOfCores, type CoresReading } from "./cpu.ts";

const reading = (at: number, busyMs: number | undefined, ownMs: number): CoresReading => ({ at, busyMs, ownMs });

test("what others took is what was taken and was not one's own, as a share of every core", () => {
  const share = othersShareOf(reading(0, 1_000, 100), reading(1_000, 1_900, 300));
  expect(share).toBeCloseTo(shareOfCores(700, 1_000));
});

test("it is never below nothing, and unknown where the machine does not tell or no time has passed", () => {
  expect(othersShareOf(reading(0, 0, 0), reading(1_000, 100, 200))).toBe(0);
  expect(othersShareOf(reading(0, undefined, 0), reading(1_000, undefined, 200))).toBeUndefined();
  expect(othersShareOf(reading(0, 0, 0), reading(0, 100, 0))).toBeUndefined();
});
