/** When a second ask is planned. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { freeSeatsBelievedMs, hedgeBudget, planHedge, type HedgeSibling } from "./hedge.ts";
import { earnToken, fullBudget, spendToken } from "./retry-budget.ts";

const settings = { floorMs: 20, share: 0.02, reserve: 5 };
const sibling = (changes: Partial<HedgeSibling> = {}): HedgeSibling => ({
  instance: "p1b",
  p99Ms: 35,
  freeSeats: 1,
  freeSeatsSaidAt: 1000,
  ...changes,
});

test("it waits for the p99 of the faster sibling, and never less than the floor", () => {
  const both = [sibling({ instance: "p1b", p99Ms: 90 }), sibling({ instance: "p1c", p99Ms: 35 })];
  expect(planHedge(settings, "lookup", both, 1000, 1000)).toEqual({ kind: "hedge", instance: "p1c", afterMs: 35 });
  expect(planHedge(settings, "lookup", [sibling({ p99Ms: 3 })], 1000, 1000)).toMatchObject({ afterMs: 20 });
});

test("a write is never asked twice", () => {
  expect(planHedge(settings, "write", [sibling()], 1000, 1000)).toEqual({ kind: "none", reason: "write" });
});

test("a verify is hedged only on a recent word of a free seat", () => {
  const plan = (changes: Partial<HedgeSibling>) => planHedge(settings, "verify", [sibling(changes)], 1000, 1000);
  expect(plan({}).kind).toBe("hedge");
  for (const changes of [
    { freeSeats: 0 },
    { freeSeatsSaidAt: undefined },
    { freeSeatsSaidAt: 1000 - freeSeatsBelievedMs - 1 },
  ]) {
    expect(plan(changes)).toEqual({ kind: "none", reason: "no-free-seat" });
  }
});

test("without a sibling, without knowing its pace, or with too little time left there is none", () => {
  expect(planHedge(settings, "lookup", [], 1000, 0)).toEqual({ kind: "none", reason: "no-sibling" });
  expect(planHedge(settings, "lookup", [sibling({ p99Ms: undefined })], 1000, 0)).toEqual({
    kind: "none",
    reason: "too-little-seen",
  });
  expect(planHedge(settings, "lookup", [sibling()], 69, 0)).toEqual({ kind: "none", reason: "too-late" });
});

test("over any calls: no hedge of a write, none before the floor, none that could not be answered in time", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("verify" as const, "lookup" as const, "write" as const),
      fc.array(
        fc.record({
          instance: fc.constantFrom("p1a", "p1b", "p1c"),
          p99Ms: fc.option(fc.double({ min: 0.1, max: 2000, noNaN: true }), { nil: undefined }),
          freeSeats: fc.nat({ max: 2 }),
          freeSeatsSaidAt: fc.option(fc.nat({ max: 2000 }), { nil: undefined }),
        }),
        { maxLength: 4 },
      ),
      fc.nat({ max: 3000 }),
      (operation, siblings, remainingMs) => {
        const plan = planHedge(settings, operation, siblings, remainingMs, 2000);
        if (plan.kind === "none") return;
        expect(operation).not.toBe("write");
        expect(plan.afterMs).toBeGreaterThanOrEqual(settings.floorMs);
        expect(plan.afterMs).toBeLessThan(remainingMs);
        const able = siblings.filter((one) => operation === "lookup" || one.freeSeats > 0);
        expect(able.map((one) => one.instance)).toContain(plan.instance);
      },
    ),
  );
});

test("over any history hedges stay within reserve + share * first tries", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 600 }), (wantsHedge) => {
      const budgetSettings = hedgeBudget(settings);
      let budget = fullBudget(budgetSettings);
      let hedges = 0;
      for (const [index, wants] of wantsHedge.entries()) {
        budget = earnToken(budget, budgetSettings);
        const after = wants ? spendToken(budget) : undefined;
        if (after !== undefined) {
          budget = after;
          hedges++;
        }
        expect(hedges).toBeLessThanOrEqual(settings.reserve + settings.share * (index + 1));
      }
    }),
  );
});
