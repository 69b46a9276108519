import { expect, test } from "vitest";
import { preflightAfter } from "./exit.ts";

test("a series whose first run failed its preflight injected nothing at all", () => {
  expect(preflightAfter("run", 0)).toEqual({ code: 3, word: "preflight failed, nothing injected" });
});

test("a series that a later preflight cut short ends with the same code, and claims nothing of the runs before", () => {
  expect(preflightAfter("run", 2)).toEqual({ code: 3, word: "preflight of run 3 failed; it injected nothing" });
  expect(preflightAfter("side", 1)).toEqual({ code: 3, word: "preflight of side 2 failed; it injected nothing" });
});
