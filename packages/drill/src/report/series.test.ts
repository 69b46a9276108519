import type { HistoryRecord } from "@cordon/model";
import { expect, test } from "vitest";
import { recorded, short } from "./report.fixture.ts";
import { axisOf, ends, seriesOf } from "./series.ts";

const { runs, spec } = recorded();
const [off, on] = runs.map(({ history }) => history);
if (off === undefined || on === undefined) throw new Error("the fixture has two sides");
const axis = axisOf([off, on]);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test("the axis runs from the steady state to the end, in whole seconds, zero at an edge", () => {
  expect(axis).toEqual({ fromMs: -5_000, toMs: 23_000, binMs: 1_000, bins: 28 });
});

test("a second cut short by the end is left out", () => {
  const cut = on.map((record): HistoryRecord =>
    record.type === "phase" && record.phase === "end" ? { ...record, at: record.at - 10 } : record,
  );
  expect(axisOf([cut]).toMs).toBe(22_000);
});

test("a long run has wider stretches and no more of them", () => {
  const run = recorded({ profile: { ...short, faultSeconds: 900, signInPerSecond: 2, mailPerSecond: 2 } });
  const wide = axisOf(run.runs.map(({ history }) => history));
  expect(wide.bins).toBeLessThanOrEqual(160);
  expect(wide.binMs).toBe(6_000);
  expect(wide.fromMs % wide.binMs === 0).toBe(true);
});

test("each scheduled sign-in of the axis is drawn once, in one of four ways", () => {
  const { signIns } = seriesOf(off, spec, axis);
  const drawn = sum((["outside", "inside"] as const).flatMap((where) => ends.map((end) => sum(signIns[where][end]))));
  const scheduled = off.filter((record) => record.type === "sign-in" && record.scheduledAt >= 3_000).length;
  expect(drawn).toBe(scheduled);
});

test("what a partition's silence does is seen in the second it was scheduled for", () => {
  const candidate = seriesOf(on, spec, axis);
  const baseline = seriesOf(off, spec, axis);
  expect(sum(candidate.signIns.outside.late)).toBe(0);
  expect(candidate.signIns.inside.degraded.findIndex((rate) => rate > 0)).toBe(5);
  expect(sum(baseline.signIns.outside.late.slice(0, 5))).toBe(0);
  expect(sum(baseline.signIns.outside.late.slice(7, 20))).toBeGreaterThan(200);
});

test("a mail that never came has waited until the end, and is counted as not delivered", () => {
  const { delayMs, undelivered } = seriesOf(off, spec, axis);
  expect(undelivered.inside[6]).toBeGreaterThan(0);
  expect(delayMs.inside[6]).toBeGreaterThan(21_000);
  expect(undelivered.inside[2]).toBe(0);
  expect(delayMs.inside[2]).toBeLessThan(400);
});

test("a refusal is fast and makes no latency better", () => {
  const refusals = on.map((record): HistoryRecord =>
    record.type === "sign-in" ? { ...record, outcome: "refused" } : record,
  );
  expect(seriesOf(refusals, spec, axis).latencyMs.outside.every((value) => value === null)).toBe(true);
});

test("one missing sample of a lane repeats the one before, two leave a gap", () => {
  const without = (seconds: readonly number[]): readonly HistoryRecord[] =>
    on.filter((record) => record.type !== "queue" || !seconds.includes(Math.floor((record.at - 8_000) / 1_000)));
  const lane = (history: readonly HistoryRecord[]) =>
    seriesOf(history, spec, axis).lanes.find(({ partition }) => partition === "p3")?.queued;
  const whole = lane(on);
  expect(lane(without([3]))?.[8]).toBe(whole?.[7]);
  expect(lane(without([3, 4]))?.slice(8, 10)).toEqual([whole?.[7], null]);
});
