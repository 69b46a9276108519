import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdLimits, readLimits } from "./limits.ts";
import type { LoadFigures } from "./tally.ts";

const figures = (rest: Partial<LoadFigures>): LoadFigures => ({
  sent: 0,
  answered: 0,
  served: 0,
  degraded: 0,
  failed: 0,
  unsent: 0,
  unfinished: 0,
  ends: {},
  latency: { samples: 0, p50: null, p95: null, p99: null, max: null },
  ...rest,
});

describe("limits as they are written", () => {
  test("are read in their order, with spaces or without", () => {
    expect(readLimits("p99<200ms, errors < 0.1%,ok>99.9%,p50<1.5s")).toEqual({
      kind: "limits",
      limits: [
        { text: "p99<200ms", figure: "p99", bound: 200 },
        { text: "errors<0.1%", figure: "errors", bound: 0.001 },
        { text: "ok>99.9%", figure: "ok", bound: 0.999 },
        { text: "p50<1.5s", figure: "p50", bound: 1_500 },
      ],
    });
  });

  test.each([
    ["p98<200ms", 1, "p98", "p50, p95, p99, errors or ok"],
    ["p99<200ms,erors<1%", 11, "erors", "p50, p95, p99, errors or ok"],
    ["", 1, "", "p50, p95, p99, errors or ok"],
    ["p99<200ms,", 11, "", "p50, p95, p99, errors or ok"],
    ["p99<=200ms", 4, "<=", "'<' after p99"],
    ["p99 200ms", 5, "", "'<' after p99"],
    ["ok<99%", 3, "<", "'>' after ok"],
    ["p95 < fast", 7, "fast", "a time above 0 and up to an hour, as in 200ms or 1.5s"],
    ["p95<0ms", 5, "0ms", "a time above 0 and up to an hour, as in 200ms or 1.5s"],
    ["p95<2h", 6, "h", "ms or s"],
    ["p95<200", 8, "", "ms or s"],
    ["errors<1ms", 9, "ms", "%"],
    ["errors<0%", 8, "0%", "a share above 0% and up to 100%, as in 0.1%"],
    ["ok>100%", 4, "100%", "a share from 0% and below 100%, as in 99.9%"],
    ["p50<1s,p50<2s", 8, "p50<2s", "one limit on p50, not two"],
    ["p50<1s more", 6, "s more", "ms or s"],
  ])("are refused where they are wrong: %s", (text, at, word, right) => {
    expect(readLimits(text)).toEqual({ kind: "wrong", at, word, right });
  });

  test("never throw, and what is wrong is within them", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."p 9 5 < > = 0 . m s o k % , e r x".split(" "), " ", "\n") }),
        (text) => {
          const read = readLimits(text);
          return read.kind === "limits" || (read.at >= 1 && read.at <= text.length + 1);
        },
      ),
    );
  });
});

describe("limits that are held to figures", () => {
  const held = (slo: string, rest: Partial<LoadFigures>) => {
    const read = readLimits(slo);
    return read.kind === "limits" ? holdLimits(read.limits, figures(rest)).map((limit) => limit.held) : [];
  };

  test("are broken at the bound itself: below is below, and above is above", () => {
    const rest = { served: 999, failed: 1, latency: { samples: 1_000, p50: 100, p95: 200, p99: null, max: 300 } };
    expect(held("p50<100ms,p95<201ms,errors<0.1%,ok>99.9%", rest)).toEqual([false, true, false, false]);
    expect(held("errors<0.11%,ok>99.8%", rest)).toEqual([true, true]);
  });

  test("are neither where nobody can say", () => {
    expect(held("p99<1s,errors<1%", {})).toEqual([null, null]);
  });

  test("on errors and ok agree, whatever was served and failed", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (served, failed) => {
        const [errors, ok] = holdLimits(
          [
            { text: "errors", figure: "errors", bound: 0.5 },
            { text: "ok", figure: "ok", bound: 0.5 },
          ],
          figures({ served, failed }),
        );
        return errors?.held === ok?.held;
      }),
    );
  });
});
