import type { Result } from "@cordon/model";
import { expect, test } from "vitest";
import { recorded, unbegun, type Recorded } from "./report.fixture.ts";
import { timelineText, verdictText } from "./terminal.ts";

const quick = recorded();
const printed = ({ result, runs, spec }: Recorded): readonly string[] =>
  `${timelineText(result, runs, spec)}\n${verdictText(result)}`.split("\n");
const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length));
const everyVerdict = (["held", "refuted", "invalid", "aborted", "exploratory"] as const).map((verdict): Result => ({
  ...quick.result,
  verdict,
  reason: `incomplete record (off): ${"what was found and where ".repeat(12)}${"x".repeat(100)}`,
  control: { valid: false, broken: ["hurt-outside"] },
  sides: quick.result.sides.map((side) => ({
    ...side,
    mail: { ...side.mail, ok: 1_234_567_890, delivered: 1_234_000_000, queued: 567_890 },
    limits: side.limits.map((limit) => ({ ...limit, held: false })),
  })),
}));

test.each(everyVerdict.map((result) => [result.verdict, result] as const))(
  "a run that ends %s fits 80 columns, whatever its figures and reasons",
  (_, result) => {
    expect(widest(printed({ ...quick, result }))).toBeLessThanOrEqual(80);
  },
);

test("a long event goes on below itself and loses no word", () => {
  const injected = "30 % of exchanges with p3a hang and nobody is told about it (health: green)";
  const lines = printed(recorded({ injected }));
  expect(widest(lines)).toBeLessThanOrEqual(80);
  expect(lines.slice(1, 4)).toEqual([
    "  0.0 x 30 % of exchanges with p3a hang    x 30 % of exchanges with p3a hang",
    "        and nobody is told about it          and nobody is told about it",
    "        (health: green)                      (health: green)",
  ]);
});

test("both sides stand on one clock, the baseline left", () => {
  const lines = printed(quick);
  expect(lines[0]).toBe("    t off                                  on");
  expect(lines[1]).toBe("  0.0 x p3 stops answering (health: green) x p3 stops answering (health: green)");
  expect(lines).toContain("  0.3 .                                    ! p3 red");
  expect(lines).toContain("  2.8 ! sign-in late in other partitions   .");
});

test("a side alone has the whole width", () => {
  const lines = printed(recorded({ sides: ["on"] }));
  expect(lines[0]).toBe("    t on");
  expect(lines).toContain("  0.4 > p3 isolated");
});

test("the verdict comes first, each limit whole in its class, then what accounts for it", () => {
  const lines = verdictText(quick.result).split("\n");
  expect(lines[0]).toBe("VERDICT  HELD                                     off       on  limit");
  expect(lines[1]).toBe(" harm");
  expect(lines[2]).toMatch(/^ {3}users hurt outside the failed partition +[\d.]+ % +0\.0 % {2}<= 0\.1 % {2}ok$/);
  expect(lines.find((line) => line.includes("mail lost"))).toMatch(/ {2}0 +0 {2}<= 0 {6}ok$/);
  expect(lines).toContain("control  off broke 2 limits on harm to others: the drill is valid");
  expect(lines.some((line) => line.startsWith("reason"))).toBe(false);
});

test("a broken limit and the reason are said aloud", () => {
  const sides = quick.result.sides.map((side) => ({
    ...side,
    limits: side.limits.map((limit) => (limit.id === "tti" ? { ...limit, measured: null, held: false } : limit)),
  }));
  const lines = verdictText({ ...quick.result, verdict: "refuted", reason: "broke tti", sides }).split("\n");
  expect(lines.find((line) => line.includes("time to isolate"))).toMatch(/ - +- {2}<= 1\.0 s {2}BROKEN$/);
  expect(lines).toContain("reason   broke tti");
});

test("a control that broke limits on a noisy host is not called one that broke none", () => {
  const result: Result = { ...quick.result, control: { valid: false, broken: ["hurt-outside"] } };
  expect(verdictText(result)).toContain("control  off broke 1 limit on harm to others, but on a noisy host");
});

test("a run with no side says its verdict and why", () => {
  const result: Result = { ...quick.result, sides: [], verdict: "aborted", reason: "interrupted by SIGINT" };
  expect(verdictText(result)).toBe("VERDICT  ABORTED\nreason   interrupted by SIGINT");
  const { runs, spec } = unbegun("");
  expect(timelineText(result, runs, spec)).toBe("");
});

test("mails that were refused are told where there are any", () => {
  const told = (refused: number): string => {
    const sides = quick.result.sides.map((side) => ({ ...side, mail: { ...side.mail, refused } }));
    return verdictText({ ...quick.result, sides });
  };
  expect(told(20)).toMatch(/^mail .* accounted for.*; 20 refused$/m);
  expect(told(0)).not.toContain("refused");
});
