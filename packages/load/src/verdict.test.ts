/** What a load came to, in words: what was the bottleneck and what to do, and what a broken limit had beside its figure. */
import { describe, expect, test } from "vitest";
import { holdLimits, readLimits } from "./limits.ts";
import type { OwnFigures } from "./own.ts";
import type { LoadFigures } from "./tally.ts";
import { judgeLoad } from "./verdict.ts";

const figures: LoadFigures = {
  sent: 200,
  answered: 200,
  served: 190,
  degraded: 0,
  failed: 10,
  unsent: 0,
  unfinished: 0,
  ends: { "200": 190, "503": 7, "429": 3 },
  latency: { p50: 90, p95: 132, p99: null, max: 704, samples: 190 },
};
const quiet: OwnFigures = { lagP99Ms: 2, coreShare: 0.02, othersShare: 0.1 };

function judged(slo: string, own: OwnFigures) {
  const read = readLimits(slo);
  if (read.kind === "wrong") throw new Error(read.right);
  const limits = holdLimits(read.limits, figures);
  return judgeLoad({ limits, figures, own, bounds: { lagP99Ms: 50, coreShare: 0.9 }, planned: 200, isCut: false });
}

describe("a generator that was late", () => {
  const adviceTo = (own: Partial<OwnFigures>): string | undefined =>
    judged("errors<50%", { ...quiet, lagP99Ms: 121, ...own }).reasons.at(-1);

  test("because others held the cores is not told to lower the rate before they are gone", () => {
    expect(adviceTo({ othersShare: 0.95 })).toBe(
      "other processes, with what is loaded, took 95 % of all cores, it 2 % of its own: end what does not belong to it; " +
        "only if nothing else runs here, lower the rate, or load from another machine",
    );
  });

  test("by itself, or where nobody knows, is told to lower the rate", () => {
    for (const own of [{ othersShare: 0.1 }, { othersShare: null }, { othersShare: 0.95, coreShare: 0.95 }])
      expect(adviceTo(own)).toBe("lower the rate, or load from another machine");
  });
});

test("a broken limit has what its figure does not say beside it", () => {
  expect(judged("p95<1ms,errors<1%", quiet)).toEqual({
    kind: "broken",
    reasons: [
      "p95<1ms was broken: half took 90 ms or less, the slowest took 704 ms",
      "errors<1% was broken: 7 ended with 503, the most",
    ],
  });
});
