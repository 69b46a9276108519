import { describe, expect, test } from "vitest";
import { Refusal } from "./exit.ts";
import { duration, share, wholeNumber } from "./quantities.ts";

const bounds = { least: 100, most: 86_400_000 };
const refusalOf = (read: () => unknown): string => {
  try {
    return `none: ${String(read())}`;
  } catch (error) {
    return error instanceof Refusal && error.ending.code === 2 ? error.message : String(error);
  }
};

describe("a duration", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5m", 90_000],
    ["24h", 86_400_000],
  ])("of %s is %d ms", (text, ms) => {
    expect(duration("--lease", text, bounds)).toBe(ms);
  });

  test.each(["", "30", "s", "30 s", "-1s", "1e3s", "25h", "99ms", "30d", "1s2"])("of '%s' is refused", (text) => {
    expect(refusalOf(() => duration("--lease", text, bounds))).toBe(
      `--lease ${text}: give a time from 0.1 s to 1440 min, as in 500ms, 30s, 5m or 1h`,
    );
  });
});

test.each(["", "0", "65", "4.5", "-4", "4x", "0x4", "1e1"])(
  "a whole number of '%s' is refused with its bounds",
  (text) => {
    expect(refusalOf(() => wholeNumber("--partitions", text, { least: 1, most: 64 }))).toBe(
      `--partitions ${text}: give a whole number from 1 to 64`,
    );
  },
);

test("a whole number within its bounds is taken", () => {
  expect([1, 64].map((count) => wholeNumber("--partitions", String(count), { least: 1, most: 64 }))).toEqual([1, 64]);
});

test.each(["", " ", "1.1", "-0.1", "half", "NaN"])("a share of '%s' is refused", (text) => {
  expect(refusalOf(() => share("--toxicity", text))).toBe(`--toxicity ${text}: give a share from 0 to 1`);
});

test("a share from nothing to all is taken", () => {
  expect(["0", "0.25", "1"].map((text) => share("--toxicity", text))).toEqual([0, 0.25, 1]);
});
