import { expect, test } from "vitest";
import { whyLate } from "./ready.ts";

test("a start that was late says what others took of the machine, where that is known, and what to do", () => {
  expect([0.93, 0.1, undefined].map(whyLate)).toEqual([
    "Other processes took 93 % of all cores meanwhile: let them end and try again, or allow more time, as in --ready-within 2m.",
    "Other processes took 10 % of all cores meanwhile, which is not why: see what is said below, or allow more time, as in --ready-within 2m.",
    "Try again on a machine that does nothing else, or allow more time, as in --ready-within 2m.",
  ]);
});
