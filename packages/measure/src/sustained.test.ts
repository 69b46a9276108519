import * as fc from "fast-check";
import { expect, test } from "vitest";
import { firstGoodWindow, withinFrom, type Point } from "./sustained.ts";

const span = { from: 0, to: 10_000 };
const every100ms = (isBad: (at: number) => boolean): Point[] =>
  Array.from({ length: 100 }, (_, index) => ({ at: index * 100, bad: isBad(index * 100) }));

test("a stream that never left its limit is within it from the start", () => {
  expect(
    withinFrom(
      every100ms(() => false),
      span,
      1_000,
      0,
    ),
  ).toBe(0);
});

test("a stream is within its limit again from the first point after the last bad one", () => {
  const twice = every100ms((at) => at < 400 || at === 6_000);
  expect(withinFrom(twice, span, 1_000, 0)).toBe(6_100);
});

test("a recovery shorter than one window is none, and so is none at all", () => {
  expect(
    withinFrom(
      every100ms((at) => at <= 9_000),
      span,
      1_000,
      0,
    ),
  ).toBeNull();
  expect(
    withinFrom(
      every100ms((at) => at < 9_000),
      span,
      1_000,
      0,
    ),
  ).toBe(9_000);
  expect(
    withinFrom(
      every100ms(() => true),
      span,
      1_000,
      0,
    ),
  ).toBeNull();
});

test("a share of bad points up to the limit is tolerated", () => {
  const oneInTen = every100ms((at) => at % 1_000 === 500);
  expect(withinFrom(oneInTen, { from: 0, to: 9_500 }, 1_000, 0.1)).toBe(0);
  expect(withinFrom(oneInTen, { from: 0, to: 9_400 }, 1_000, 0.09)).toBeNull();
});

test("a lucky point between bad ones is no good window, nor are too few points, nor a window that ends too late", () => {
  const lucky = every100ms((at) => at < 3_000 && at !== 1_500);
  expect(firstGoodWindow(lucky, span, 1_000, 5)).toBe(3_000);
  expect(firstGoodWindow(lucky, span, 1_000, 11)).toBeNull();
  expect(firstGoodWindow(lucky, { from: 0, to: 3_999 }, 1_000, 5)).toBeNull();
});

const points = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 5_000 }), bad: fc.boolean() }), { maxLength: 60 })
  .map((list) => list.toSorted((a, b) => a.at - b.at));

test("one pass finds what looking at every window anew would find", () => {
  const judged = (list: Point[], index: number, windowMs: number) => {
    const from = list[index]?.at ?? 0;
    const inWindow = list.slice(index).filter(({ at }) => at < from + windowMs);
    return { from, bad: inWindow.filter(({ bad }) => bad).length, count: inWindow.length };
  };
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 2_000 }), fc.constantFrom(0, 0.2, 0.5), (list, windowMs, share) => {
      const seen = list.map((_, index) => judged(list, index, windowMs));
      const last = seen.findLastIndex(({ bad, count }) => bad > share * count);
      const next = list[last + 1]?.at;
      const recovered = next === undefined || next + windowMs > span.to ? null : next;
      expect(withinFrom(list, span, windowMs, share)).toBe(last === -1 ? 0 : recovered);
      const good = seen.find(({ from, bad, count }) => bad === 0 && count >= 2 && from + windowMs <= span.to);
      expect(firstGoodWindow(list, span, windowMs, 2)).toBe(good?.from ?? null);
    }),
  );
});
