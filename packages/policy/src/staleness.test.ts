/** The age of a copy against its limit. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { freshnessOf } from "./staleness.ts";

test("a copy is fresh up to and at its limit, and stale after it", () => {
  expect(freshnessOf(100, 50, 150)).toEqual({ kind: "fresh", ageMs: 50 });
  expect(freshnessOf(100, 50, 151)).toEqual({ kind: "stale", ageMs: 51 });
});

test("a source that was never heard is not fresh, however long the limit", () => {
  expect(freshnessOf(undefined, Number.MAX_VALUE, 0)).toEqual({ kind: "never-heard" });
});

test("a copy does not become fresh again by waiting", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(), (heardAt, limitMs, now, later) => {
      if (freshnessOf(heardAt, limitMs, now).kind !== "stale") return;
      expect(freshnessOf(heardAt, limitMs, now + later).kind).toBe("stale");
    }),
  );
});
