/** Ejection of one instance against its siblings, in virtual time. */
import type { Colour } from "@cordon/model";
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { isEjected, noEjections, stepEjection, type Ejections } from "./ejection.ts";

const settings = { maxShare: 0.5, baseMs: 1000, maxMs: 4000 };
const seen = (letters: string) =>
  new Map<string, Colour>(
    letters
      .split("")
      .map((letter, nth) => [
        `p1${String.fromCharCode(97 + nth)}`,
        letter === "r" ? "red" : letter === "y" ? "yellow" : "green",
      ]),
  );

test("one of two that is red while the other is well is out, for the first time as long as `baseMs`", () => {
  const step = stepEjection(noEjections, settings, seen("rg"), 100);
  expect(step.ejected).toEqual(["p1a"]);
  expect(step.ejections).toEqual(new Map([["p1a", { state: "out", since: 100, until: 1100, ejections: 1 }]]));
});

test("yellow is no reason", () => {
  expect(stepEjection(noEjections, settings, seen("yg"), 0).ejected).toEqual([]);
});

test("with both red nobody is out, and the one that was comes back", () => {
  expect(stepEjection(noEjections, settings, seen("rr"), 0).ejected).toEqual([]);
  const { ejections } = stepEjection(noEjections, settings, seen("rg"), 0);
  expect(stepEjection(ejections, settings, seen("rr"), 10)).toMatchObject({
    ejected: [],
    readmitted: ["p1a"],
    panic: true,
  });
});

test("more bad than may be out together puts nobody out", () => {
  expect(stepEjection(noEjections, settings, seen("rrg"), 0).ejected).toEqual([]);
  expect(stepEjection(noEjections, settings, seen("rrgg"), 0).ejected).toEqual(["p1a", "p1b"]);
});

test("a lone instance is never out", () => {
  expect(stepEjection(noEjections, { ...settings, maxShare: 1 }, seen("r"), 0).ejected).toEqual([]);
});

test("an ejection ends by itself, and the next ones last longer up to the cap", () => {
  let ejections: Ejections = noEjections;
  const lasted: number[] = [];
  let outSince = 0;
  for (let now = 0; lasted.length < 6; now += 100) {
    const step = stepEjection(ejections, settings, seen("rg"), now);
    ejections = step.ejections;
    if (step.ejected.length > 0) outSince = now;
    if (step.readmitted.length > 0) lasted.push(now - outSince);
  }
  expect(lasted).toEqual([1000, 2000, 3000, 4000, 4000, 4000]);
});

test("after a long time in, an instance is ejected as if for the first time", () => {
  let { ejections } = stepEjection(noEjections, settings, seen("rg"), 0);
  ({ ejections } = stepEjection(ejections, settings, seen("gg"), 1000));
  expect(stepEjection(ejections, settings, seen("rg"), 5001).ejections.get("p1a")).toMatchObject({ ejections: 1 });
  expect(stepEjection(ejections, settings, seen("rg"), 5000).ejections.get("p1a")).toMatchObject({ ejections: 2 });
});

test("an instance that has served its time is readmitted, and not judged in the same step", () => {
  const { ejections } = stepEjection(noEjections, settings, seen("rg"), 0);
  const step = stepEjection(ejections, settings, seen("rg"), 1000);
  expect(step).toMatchObject({ ejected: [], readmitted: ["p1a"], panic: false });
});

test("an instance that is gone is forgotten", () => {
  const { ejections } = stepEjection(noEjections, settings, seen("rg"), 0);
  expect(stepEjection(ejections, settings, new Map([["p1c", "green"]]), 1).ejections).toEqual(new Map());
});

const histories = fc.integer({ min: 1, max: 6 }).chain((instances) =>
  fc.array(
    fc.record({
      afterMs: fc.nat({ max: 1500 }),
      letters: fc.array(fc.constantFrom("g", "y", "r"), { minLength: instances, maxLength: instances }),
    }),
    { maxLength: 60 },
  ),
);

test("over any history: the share is kept, siblings as bad protect, and nobody stays out past the cap", () => {
  fc.assert(
    fc.property(histories, fc.double({ min: 0, max: 1, noNaN: true }), (history, maxShare) => {
      let ejections: Ejections = noEjections;
      let now = 0;
      for (const { afterMs, letters } of history) {
        now += afterMs;
        const colours = seen(letters.join(""));
        const before = ejections;
        const step = stepEjection(ejections, { ...settings, maxShare }, colours, now);
        ejections = step.ejections;
        const out = [...colours.keys()].filter((instance) => isEjected(ejections, instance));
        expect(out.length).toBeLessThanOrEqual(Math.floor(maxShare * colours.size));
        expect(out.length).toBeLessThan(colours.size);
        if (letters.every((letter) => letter === "r")) assert.deepEqual(out, []);
        for (const instance of out) {
          const standing = ejections.get(instance);
          if (standing?.state !== "out") throw new Error("out is out");
          expect(standing.until).toBeGreaterThan(now);
          expect(standing.until - standing.since).toBeLessThanOrEqual(settings.maxMs);
          if (!isEjected(before, instance)) assert.strictEqual(colours.get(instance), "red");
        }
        for (const instance of step.readmitted) expect(step.ejected).not.toContain(instance);
      }
    }),
  );
});
