/** The budget of second tries, over any history. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { earnToken, fullBudget, spendToken, type TokenBudget } from "./retry-budget.ts";

const tries = fc.array(fc.constantFrom("first", "second"), { maxLength: 400 });
const budgets = fc.record({
  ratio: fc.double({ min: 0, max: 1, noNaN: true }),
  reserve: fc.integer({ min: 1, max: 20 }),
});

test("a full budget allows its reserve and then one retry for each 1/ratio first tries", () => {
  const settings = { ratio: 0.1, reserve: 2 };
  let budget: TokenBudget | undefined = fullBudget(settings);
  budget = spendToken(budget);
  budget = budget && spendToken(budget);
  expect(budget).toEqual({ kind: "bounded", millionths: 0 });
  for (let first = 0; first < 9; first++) budget = budget && earnToken(budget, settings);
  expect(budget && spendToken(budget)).toBeUndefined();
  budget = budget && earnToken(budget, settings);
  expect(budget && spendToken(budget)).toEqual({ kind: "bounded", millionths: 0 });
});

test("over any history second tries stay within reserve + ratio * first tries, and tokens within 0 .. reserve", () => {
  fc.assert(
    fc.property(budgets, tries, (settings, history) => {
      let budget = fullBudget(settings);
      let first = 0;
      let second = 0;
      for (const what of history) {
        if (what === "first") {
          first++;
          budget = earnToken(budget, settings);
        } else {
          const after = spendToken(budget);
          if (after !== undefined) {
            second++;
            budget = after;
          }
        }
        expect(second).toBeLessThanOrEqual(settings.reserve + settings.ratio * first);
        if (budget.kind !== "bounded") throw new Error("a bounded budget stays bounded");
        expect(budget.millionths).toBeGreaterThanOrEqual(0);
        expect(budget.millionths).toBeLessThanOrEqual(settings.reserve * 1_000_000);
      }
    }),
  );
});

test("a retry is refused only when less than one token is left", () => {
  fc.assert(
    fc.property(budgets, tries, (settings, history) => {
      let budget = fullBudget(settings);
      let tokens = settings.reserve;
      for (const what of history) {
        if (what === "first") {
          budget = earnToken(budget, settings);
          tokens = Math.min(settings.reserve, tokens + settings.ratio);
          continue;
        }
        const after = spendToken(budget);
        // One millionth is lost at most with each earning: the exact account may only be ahead by that.
        if (after === undefined) assert.isBelow(tokens, 1 + history.length / 1_000_000 + 1e-9);
        else {
          tokens -= 1;
          budget = after;
        }
      }
    }),
  );
});

test("with the budget off every retry is allowed", () => {
  const budget = earnToken(fullBudget("off"), "off");
  expect(spendToken(budget)).toEqual({ kind: "unbounded" });
});
