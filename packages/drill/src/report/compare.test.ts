import { describe, expect, test } from "vitest";
import type { Result, Side } from "@cordon/model";
import { compareResults, type Comparison, type Named } from "./compare.ts";
import { compareText } from "./compare-text.ts";
import { recorded } from "./report.fixture.ts";

const { result } = recorded();

/** The same result with its candidate changed, and more if need be. */
const changed = (change: (side: Side) => Partial<Side>, more: Partial<Result> = {}): Result => ({
  ...result,
  sides: result.sides.map((side) => (side.preset === "on" ? { ...side, ...change(side) } : side)),
  ...more,
});
const withLimit = (id: string, measured: number | null, held: boolean) =>
  changed(({ limits }) => ({
    limits: limits.map((limit) => (limit.id === id ? { ...limit, measured, held } : limit)),
  }));

const a: Named = { name: "out/a", result };
const bOf = (other: Result): Named => ({ name: "out/b", result: other });

function comparisonWith(other: Result): Comparison {
  const compared = compareResults(a, bOf(other));
  if (compared.kind === "incomparable") throw new Error(compared.reason);
  return compared.comparison;
}
const rowIn = (comparison: Comparison, id: string) =>
  comparison.sides.find(({ role }) => role === "candidate")?.rows.find((row) => row.id === id);

describe("two results", () => {
  test("that are the same differ in nothing", () => {
    const { otherwise, sides, broke, mended, dropped, exitCode } = comparisonWith(result);
    expect({ broke, mended, dropped, exitCode }).toEqual({ broke: [], mended: [], dropped: [], exitCode: 0 });
    expect(otherwise).toEqual([]);
    expect(sides.map(({ role, a: one, b }) => [role, one, b])).toEqual([
      ["candidate", "on", "on"],
      ["baseline", "off", "off"],
    ]);
    expect(sides.flatMap(({ rows }) => rows).filter(({ change }) => change !== "alike")).toEqual([]);
  });

  test("of which the later one broke what the earlier held are told apart by that", () => {
    const comparison = comparisonWith(withLimit("tti", 1_400, false));
    expect(comparison).toMatchObject({ broke: ["tti"], mended: [], exitCode: 4, reason: "B broke what A held: tti" });
    expect(rowIn(comparison, "tti")).toMatchObject({
      b: 1_400,
      change: "worse",
      standing: { a: "held", b: "broken" },
    });
  });

  test("of which the earlier one broke a limit are no refutation of the later", () => {
    const compared = compareResults({ name: "out/a", result: withLimit("tti", 1_400, false) }, bOf(result));
    expect(compared).toMatchObject({ comparison: { broke: [], mended: ["tti"], exitCode: 0 } });
  });

  test("of which one is of a game day are of two experiments, and two game days are not", () => {
    const handsOn = {
      partition: "p2",
      operatorTtdMs: null,
      operatorTtiMs: null,
      orders: [],
      leaseMs: 300_000,
      healedBy: "lease" as const,
    };
    const day: Named = { name: "out/day", result: { ...result, handsOn } };
    const reason = "out/day is of a game day, with a person in the place of protections, and out/a is not";
    expect(compareResults(a, day)).toEqual({ kind: "incomparable", reason });
    expect(compareResults(day, a)).toEqual({ kind: "incomparable", reason });
    expect(compareResults(day, day)).toMatchObject({ kind: "compared" });
  });

  test("of which the later one lost mail say so before all else", () => {
    const lost = { ...withLimit("lost", 2, false), verdict: "invalid" as const };
    expect(comparisonWith(lost)).toMatchObject({ exitCode: 6, broke: ["lost"] });
  });

  test("of which the later one was not held to an invariant prove nothing", () => {
    const withoutLimits = (ids: readonly string[] | "all") =>
      changed(({ limits }) => ({ limits: limits.filter(({ id }) => ids !== "all" && !ids.includes(id)) }));
    const all = result.sides.find(({ preset }) => preset === "on")?.limits.map(({ id }) => id);
    expect(comparisonWith(withoutLimits("all"))).toMatchObject({ exitCode: 5, broke: [], dropped: all });
    expect(comparisonWith(withoutLimits(["lost"]))).toMatchObject({
      exitCode: 5,
      dropped: ["lost"],
      reason: "B proves nothing, it was not held to what may never be: lost",
    });
    const named = comparisonWith(withoutLimits(["tti"]));
    expect(named).toMatchObject({ exitCode: 0, reason: "B broke nothing that A held, and was not held to tti" });
    expect(compareText(a, bOf(withoutLimits(["tti"])), named)).toMatch(/^no limit tti \(held in A, not asked of B\)$/m);
  });

  test("of which one proves nothing prove nothing together", () => {
    const noisy = { ...withLimit("tti", 1_400, false), verdict: "invalid" as const, reason: "noisy host" };
    expect(comparisonWith(noisy)).toMatchObject({
      exitCode: 5,
      reason: "B proves nothing, it was invalid: noisy host",
    });
  });

  test("of two drills, or without a side, are not compared", () => {
    expect(compareResults(a, bOf({ ...result, drill: "2011-05-dns-outage" })).kind).toBe("incomparable");
    expect(compareResults(a, bOf({ ...result, sides: [] })).kind).toBe("incomparable");
  });

  test("that were made otherwise say in what", () => {
    const other = changed(() => ({ disabled: ["failover"] }), {
      seed: "7f3b",
      config: { ...result.config, users: 64 },
    });
    expect(comparisonWith(other).otherwise).toEqual([
      { what: "seed", a: "7f3a", b: "7f3b" },
      { what: "candidate", a: "on", b: "on without failover" },
      { what: "users", a: "320", b: "64" },
    ]);
  });
});

describe("a figure", () => {
  const mail = (p95: number | null) =>
    changed((side) => ({
      mail: { ...side.mail, delayMs: { ...side.mail.delayMs, inside: { ...side.mail.delayMs.inside, p95 } } },
    }));

  test.each<[string, Result, string, string]>([
    ["that grew is worse", changed(({ hurt }) => ({ hurt: { ...hurt, inside: 0.9 } })), "hurt-inside", "worse"],
    ["that never came is worse than any", withLimit("ttr", null, false), "ttr", "worse"],
    ["of too few samples is not known", mail(null), "mail-delay-inside-p95", "not known"],
  ])("%s", (_, other, id, change) => {
    const before = id === "mail-delay-inside-p95" ? mail(900) : result;
    const compared = compareResults({ name: "a", result: before }, bOf(other));
    const found = compared.kind === "compared" ? rowIn(compared.comparison, id)?.change : compared.reason;
    expect(found).toBe(change);
  });

  test.each<[number, number, string]>([
    [0.98, 0.9, "worse"],
    [0.9, 0.98, "better"],
    [0.995, 0.9951, "alike"],
  ])("that is a good share, from %d to %d, is %s", (from, to, change) => {
    const success = (measured: number) =>
      changed(() => ({
        limits: [
          {
            id: "served",
            title: "served",
            class: "harm" as const,
            measured,
            op: ">=" as const,
            limit: 0.5,
            unit: "share" as const,
            held: true,
          },
        ],
      }));
    const compared = compareResults({ name: "a", result: success(from) }, bOf(success(to)));
    expect(compared.kind === "compared" && rowIn(compared.comparison, "served")?.change).toBe(change);
  });
});

test("the text fits 80 columns and ends with what came of it", () => {
  const other = withLimit("tti", 1_400, false);
  const text = compareText(a, bOf(other), comparisonWith(other));
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(text).toMatch(/^ time to isolate +[\d.]+ m?s +1\.4 s +\+ [\d.]+ m?s {2}BROKEN$/m);
  expect(text.split("\n").at(-1)).toBe("result   B broke what A held: tti");
});

test("what somebody else's result says gives a terminal no orders", () => {
  const other: Result = { ...result, variant: "\u001b]0;owned\u0007\u001b[2J", startedAt: "one\ntwo" };
  const text = compareText(a, bOf(other), comparisonWith(other));
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(text).toContain("variant  ]0;owned [2J");
  expect(text).toContain("one two");
});
