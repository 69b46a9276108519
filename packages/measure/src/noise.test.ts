import type { NoiseRecord } from "@cordon/model";
import { expect, test } from "vitest";
import { noiseOf } from "./noise.ts";

const span = { from: 0, to: 60_000 };
const beats = (delaysMs: readonly number[]): NoiseRecord[] =>
  delaysMs.map((delayMs, index) => ({ type: "noise", at: index * 250, source: "auth", delayMs }));
const calm = (count: number): number[] => Array.from({ length: count }, () => 1);
const loopOf = (records: readonly NoiseRecord[]) => noiseOf(records, [], span).loopP999Ms;

test("a loop's worst of each beat stands for all samples of that beat, so that too few beats are no figure", () => {
  expect(loopOf(beats(calm(83)))).toEqual({ auth: null, mail: null });
  expect(loopOf(beats(calm(84)))).toEqual({ auth: 1, mail: null });
});

test("one bad beat is the figure of a short drill, and is forgotten only where it is less than a thousandth", () => {
  expect(loopOf(beats([...calm(99), 700])).auth).toBe(700);
  const long = [...calm(1_200), 700].map((delayMs, index) => ({ ...beats([delayMs])[0], at: index })) as NoiseRecord[];
  expect(loopOf(long).auth).toBe(1);
});

test("beats outside the steady state and the judged time do not count", () => {
  const late = beats([...calm(84), 900]).map((record, index) => (index === 84 ? { ...record, at: 60_000 } : record));
  expect(loopOf(late).auth).toBe(1);
});
