/** When a caller doubts itself or its host. */
import * as fc from "fast-check";
import type { Colour } from "@cordon/model";
import { expect, test } from "vitest";
import { judgeHost, type PartitionSign } from "./host.ts";

const signs = (text: string): PartitionSign[] =>
  text.split("").map((letter) => ({ late: letter !== "g", colour: letter === "r" ? "red" : "green" }));

test("one dead partition of four, of two, or alone, is neither a slow host nor a reason for self-doubt", () => {
  for (const seen of ["rggg", "rg", "r"]) {
    expect(judgeHost(signs(seen), 0.5)).toEqual({ hostSlow: false, suspectsItself: false });
  }
});

test("half of the partitions late at once is a slow host", () => {
  expect(judgeHost(signs("oogg"), 0.5)).toEqual({ hostSlow: true, suspectsItself: false });
  expect(judgeHost(signs("oogg"), 0.75)).toEqual({ hostSlow: false, suspectsItself: false });
});

test("more than half red makes the caller suspect itself; half does not", () => {
  expect(judgeHost(signs("rrgg"), 1).suspectsItself).toBe(false);
  expect(judgeHost(signs("rrrg"), 1).suspectsItself).toBe(true);
});

test("a caller without partitions doubts nothing", () => {
  expect(judgeHost([], 0)).toEqual({ hostSlow: false, suspectsItself: false });
});

test("another bad partition never ends a doubt, and order plays no part", () => {
  const sign = fc.record({ late: fc.boolean(), colour: fc.constantFrom<Colour>("green", "yellow", "red") });
  fc.assert(
    fc.property(
      fc.array(sign, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (seen, share) => {
        const before = judgeHost(seen, share);
        expect(judgeHost(seen.toReversed(), share)).toEqual(before);
        const after = judgeHost([...seen, { late: true, colour: "red" }], share);
        expect([after.hostSlow || !before.hostSlow, after.suspectsItself || !before.suspectsItself]).toEqual([
          true,
          true,
        ]);
      },
    ),
  );
});
