import type { HistoryRecord, Side } from "@cordon/model";
import { expect, test } from "vitest";
import { recorded } from "./report.fixture.ts";
import { pairRows, timelineOf, type Row } from "./timeline.ts";

const { result, runs, spec } = recorded();
const sideOf = (preset: string): Side => {
  const side = result.sides.find((each) => each.preset === preset);
  if (side === undefined) throw new Error(`no side ${preset}`);
  return side;
};
const historyOf = (preset: string): readonly HistoryRecord[] =>
  runs.find((run) => run.preset === preset)?.history ?? [];
const rowsOf = (preset: string, history = historyOf(preset), side = sideOf(preset)): readonly Row[] =>
  timelineOf(side, { preset, disabled: [], history }, spec);
const told = (rows: readonly Row[]): readonly string[] => rows.map(({ mark, text }) => `${mark} ${text}`);

test("a candidate's story is told in order: broken, noticed, isolated, taken over, well", () => {
  expect(told(rowsOf("on"))).toEqual([
    "x p3 stops answering (health: green)",
    "! p3 red",
    "> p3 isolated",
    "> mail lane p3 parked",
    "> p3 signs in by fallback",
    "> p3 failover began",
    "+ p3 has new role instances",
    "+ p3 back in",
    "+ mail lane p3 draining",
    "+ its users are served again",
    expect.stringMatching(/^! mail queue \d+, oldest/),
    "+ recovered",
    "+ mail lane p3 flowing",
    "v p3 answers again",
  ]);
});

test("what several callers say is told once, at the time of the first", () => {
  expect(rowsOf("on").filter(({ text }) => text === "p3 red")).toEqual([{ atMs: 290, mark: "!", text: "p3 red" }]);
});

test("a baseline with no word of its own is told by its users", () => {
  const rows = told(rowsOf("off"));
  expect(rows).toContain("! sign-in late in other partitions");
  expect(rows.some((row) => row.startsWith("! mail queue"))).toBe(true);
});

test("a refusal elsewhere is felt when it is said, not when it would have been late", () => {
  const history = historyOf("off").map((record): HistoryRecord =>
    record.type === "sign-in" && record.partition === "p1" && record.scheduledAt >= 8_100
      ? { ...record, outcome: "refused", endedAt: record.scheduledAt + 50 }
      : record,
  );
  const first = rowsOf("off", history).find(({ text }) => text === "sign-in refused elsewhere");
  expect(first?.atMs).toBeGreaterThanOrEqual(150);
  expect(first?.atMs).toBeLessThan(600);
});

test("rows of one tenth share a line, at most one a side, and the order within a side stands", () => {
  const row = (atMs: number, text: string): Row => ({ atMs, mark: "!", text });
  const [a, b, c, d] = [row(310, "a"), row(330, "b"), row(340, "c"), row(900, "d")];
  expect(
    pairRows([
      [a, b],
      [c, d],
    ]),
  ).toEqual([
    { atMs: 310, cells: [a, c] },
    { atMs: 310, cells: [b, undefined] },
    { atMs: 900, cells: [undefined, d] },
  ]);
});
