/** The choice of a role instance. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { chooseInstance, type Candidate } from "./choose.ts";

const one = (instance: string, changes: Partial<Candidate> = {}): Candidate => ({
  instance,
  ejected: false,
  breakerOpen: false,
  inFlight: 0,
  ...changes,
});
const chosen = (instance: string, panic = false) => ({ kind: "chosen", instance, panic });

test("the least busy takes it, and chance decides between equals", () => {
  const both = [one("p1a", { inFlight: 4 }), one("p1b", { inFlight: 1 }), one("p1c", { inFlight: 1 })];
  expect(chooseInstance(both, undefined, 0)).toEqual(chosen("p1b"));
  expect(chooseInstance(both, undefined, 0.99)).toEqual(chosen("p1c"));
});

test("a retry goes to another instance when there is one, however busy, and else to the same", () => {
  expect(chooseInstance([one("p1a"), one("p1b", { inFlight: 9 })], "p1a", 0)).toEqual(chosen("p1b"));
  expect(chooseInstance([one("p1a"), one("p1b", { ejected: true })], "p1a", 0)).toEqual(chosen("p1a"));
});

test("when every instance is ejected or its breaker open, all are candidates again", () => {
  const bad = [one("p1a", { ejected: true }), one("p1b", { breakerOpen: true })];
  expect(chooseInstance(bad, "p1a", 0)).toEqual(chosen("p1b", true));
});

test("of nobody, nobody is chosen", () => {
  expect(chooseInstance([], undefined, 0.5)).toEqual({ kind: "nobody" });
});

test("somebody is always chosen, and without panic nobody who is ejected or behind an open breaker", () => {
  const candidates = fc.uniqueArray(
    fc.record({
      instance: fc.constantFrom("p1a", "p1b", "p1c", "p1d"),
      ejected: fc.boolean(),
      breakerOpen: fc.boolean(),
      inFlight: fc.nat({ max: 3 }),
    }),
    { minLength: 1, selector: (candidate) => candidate.instance },
  );
  fc.assert(
    fc.property(
      candidates,
      fc.option(fc.constantFrom("p1a", "p1b"), { nil: undefined }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (from, triedBefore, random) => {
        const choice = chooseInstance(from, triedBefore, random);
        if (choice.kind === "nobody") throw new Error("there was somebody");
        const fit = from.filter((candidate) => !candidate.ejected && !candidate.breakerOpen);
        expect(choice.panic).toBe(fit.length === 0);
        const pool = (choice.panic ? from : fit).map((candidate) => candidate.instance);
        expect(pool).toContain(choice.instance);
        if (choice.instance === triedBefore) assert.deepEqual(pool, [triedBefore]);
      },
    ),
  );
});
