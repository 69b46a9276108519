/** The arithmetic of the rounds, the table, and the published form of a result. */
import { readFileSync } from "node:fs";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { BenchResultSchema, resultOf, schemaText, textOf, type Report } from "./result.ts";
import { measureRounds, median, roundsOf, rowOf, type Contestant } from "./rounds.ts";
import { tableOf, wrapped } from "./table.ts";

const contestant = (name: string, reference: string | undefined, measured: string[], values: number[]): Contestant => ({
  name,
  contains: `what ${name} is`,
  reference,
  measure() {
    measured.push(name);
    return Promise.resolve({ cpu: values.shift() ?? Number.NaN });
  },
});

test("each round begins with another contestant, after one that only warms up", async () => {
  const measured: string[] = [];
  const three = ["a", "b", "c"].map((name) => contestant(name, undefined, measured, []));
  await measureRounds(three, 3);
  expect(measured.join("")).toBe("abcabcbcacab");
  await measureRounds(three, 1, "cold");
  expect(measured.join("").slice(12)).toBe("abc");
});

test("a bench takes its own number of rounds, or as many as it is asked for", () => {
  expect([roundsOf(["--json"], 7), roundsOf(["--rounds", "15", "--json"], 7)]).toEqual([7, 15]);
});

test("what a contestant costs over its reference is the median of the differences within each round", async () => {
  const measured: string[] = [];
  // The host grows slower from round to round, which falls on both: the difference stays what it is.
  const [bare, guarded] = await measureRounds(
    [
      contestant("bare", undefined, measured, [99, 10, 20, 30]),
      contestant("guarded", "bare", measured, [99, 12, 22, 33]),
    ],
    3,
  );
  expect(bare?.figures).toEqual({ cpu: { median: 20, min: 10, max: 30, over: null } });
  expect(guarded?.figures).toEqual({ cpu: { median: 22, min: 12, max: 33, over: 2 } });
});

test("the median of an even number is the lower of the two in the middle, and of nothing there is none", () => {
  expect([median([4, 1, 3, 2]), median([3, 1, 2]), median([])]).toEqual([2, 2, Number.NaN]);
  const never = Number.POSITIVE_INFINITY;
  expect([median([never, 3, never, 1, 2]), median([never, 3, never])]).toEqual([3, never]);
});

const row = rowOf(
  { name: "one", contains: "a long account of what is in it, ".repeat(6).trim(), reference: undefined },
  new Map([["one", [{ cpu: 1234.56, opened: Number.NaN, late: Number.POSITIVE_INFINITY }]]]),
);
const report: Report = {
  bench: "some-bench",
  title: "what something costs, told in a title that is longer than one line of a terminal has room for",
  rounds: 1,
  units: { cpu: "CPU us", opened: "ms", late: "ms" },
  rows: [row],
  notes: [],
  pinned: true,
  columns: [
    { heading: "CPU us", figure: "cpu", show: "median", digits: 1 },
    { heading: "opened", figure: "opened", show: "median", digits: 0 },
    { heading: "over", figure: "cpu", show: "over", digits: 1 },
  ],
};

test("a table has its numbers to the right, and a dash for what was not measured", () => {
  expect(tableOf(resultOf(report).rows, report.columns)).toBe(
    ["      CPU us  opened  over", "one  1,234.6       -     -"].join("\n"),
  );
});

test("no line of a result is wider than 80 columns", () => {
  const lines = textOf(resultOf(report), report.columns).split("\n");
  expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  expect(wrapped("x".repeat(100), "  ")).toEqual([`  ${"x".repeat(100)}`]);
});

test("a result as JSON fits the published schema, with null for what was not measured, or never came", () => {
  const result: unknown = JSON.parse(JSON.stringify(resultOf(report)));
  expect(Compile(BenchResultSchema).Check(result)).toBe(true);
  expect(result).toMatchObject({
    rows: [{ figures: { opened: { median: null, over: null }, late: { median: null } } }],
  });
  const published = readFileSync(new URL("../../docs/schema/cordon.bench.1.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(schemaText()));
});
