import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createStallMeter } from "./stall.ts";

test("beats in time are no stall, and neither is the ordinary lateness of a timer", () => {
  const meter = createStallMeter(50, 0);
  for (let at = 50; at <= 1000; at += 60) meter.beat(at);
  expect([meter.totalMs(1000), meter.recentMs(1000, 500)]).toEqual([0, 0]);
});

test("a late beat is a stall of that length, told before the beat and for a while after", () => {
  const meter = createStallMeter(50, 0);
  expect(meter.recentMs(350, 500)).toBe(300);
  meter.beat(350);
  expect([meter.totalMs(360), meter.recentMs(400, 500), meter.recentMs(400, 40)]).toEqual([300, 300, 0]);
});

test("stalls close together add up", () => {
  const meter = createStallMeter(50, 0);
  meter.beat(250);
  meter.beat(450);
  expect(meter.recentMs(460, 500)).toBe(350);
});

test("the total never falls, and never exceeds the time that passed", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { maxLength: 50 }), (steps) => {
      const meter = createStallMeter(50, 0);
      let now = 0;
      let before = 0;
      for (const step of steps) {
        now += step;
        const early = meter.totalMs(now);
        meter.beat(now);
        const total = meter.totalMs(now);
        expect(early).toBeGreaterThanOrEqual(before);
        expect(Math.abs(total - early)).toBeLessThan(1e-6);
        expect(total).toBeLessThanOrEqual(now);
        before = early;
      }
    }),
  );
});
