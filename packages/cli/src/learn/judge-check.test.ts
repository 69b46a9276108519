/** What a check makes of what clients saw: a change that works, one that does not, and a machine that proves nothing. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { checkJson, checkText } from "./check.ts";
import type { DoorSettings } from "./door-settings.ts";
import { judgeCheck, type CheckedSignIn, type CheckRun } from "./judge-check.ts";
import { findLesson } from "./lessons.ts";

const steadyAt = 1_000;
const injectedAt = 4_000;
const endAt = 12_000;
const everyMs = 50;

interface Seen {
  readonly tookMs: number;
  readonly outcome: CheckedSignIn["outcome"];
  readonly lagMs?: number;
}

/** A sign-in every 50 ms, every second one to p3. */
const runOf = (see: (at: number, outside: boolean) => Seen): CheckRun => ({
  steadyAt,
  injectedAt,
  endAt,
  signIns: Array.from({ length: endAt / everyMs }, (_, index) => {
    const scheduledAt = index * everyMs;
    const outside = index % 2 === 0;
    const { tookMs, outcome, lagMs = 0 } = see(scheduledAt, outside);
    const code = outcome === "refused" ? "503" : "200";
    return { outside, scheduledAt, sentAt: scheduledAt + lagMs, endedAt: scheduledAt + tookMs, outcome, code };
  }),
});

const well: Seen = { tookMs: 40, outcome: "ok" };
const silent: Seen = { tookMs: 5_000, outcome: "unknown" };
const isOn = (at: number): boolean => at >= injectedAt;

const contained = runOf((at, outside) => (isOn(at) && !outside ? silent : well));
const spread = runOf((at, outside) => {
  if (!isOn(at)) return well;
  if (!outside) return silent;
  return at >= injectedAt + 3_000 ? { tookMs: 1_900, outcome: "ok" } : well;
});
const short: DoorSettings = { connections: 50, deadlineMs: 1_000 };
const long: DoorSettings = { connections: 50, deadlineMs: 10_000 };

describe("a check", () => {
  test("passes when the others were answered in time while p3 was silent", () => {
    expect(judgeCheck(contained, short)).toEqual({
      verdict: "passed",
      reason: "p3 can hold 16 of 50 connections; the others never run out",
      steady: { signIns: 30, inTime: 30, refused: 0 },
      outside: { signIns: 80, inTime: 80, refused: 0 },
      inside: { signIns: 80, inTime: 0, refused: 0 },
      wanted: 16,
    });
  });

  test("fails when the others waited for p3, and says how many connections p3 wanted", () => {
    const { verdict, reason, outside, wanted } = judgeCheck(spread, long);
    expect([verdict, outside.inTime, wanted]).toEqual(["failed", 30, 80]);
    expect(reason).toContain("calls to p3 want 80 connections and there are 50");
  });

  test("counts an answer that came late, a refusal and no answer alike as not in time", () => {
    for (const seen of [{ tookMs: 1_001, outcome: "ok" }, { tookMs: 10, outcome: "refused" }, silent] as const)
      expect(
        judgeCheck(
          runOf((at, outside) => (isOn(at) && outside ? seen : isOn(at) ? silent : well)),
          long,
        ),
      ).toMatchObject({ verdict: "failed", outside: { inTime: 0 } });
  });

  test("fails on a deadline too short for a sound partition", () => {
    const refused: Seen = { tookMs: 6, outcome: "refused" };
    const { verdict, reason } = judgeCheck(
      runOf(() => refused),
      { connections: 50, deadlineMs: 5 },
    );
    expect([verdict, reason]).toEqual([
      "failed",
      "110 of 110 sign-ins of sound partitions were refused: 5 ms is too short for them",
    ]);
  });
});

describe("a check proves nothing", () => {
  test.each<[string, CheckRun, DoorSettings, string]>([
    ["without a sign-in", { ...contained, signIns: [] }, short, "nobody signed in"],
    ["when the load was not sent on time", runOf(() => ({ ...well, lagMs: 400 })), short, "too busy to send"],
    ["when the lab was slow beforehand", runOf(() => ({ ...well, tookMs: 3_000 })), short, "slow before p3"],
    ["when p3 went on answering", runOf(() => well), short, "p3 went on answering"],
    ["when something else than the pool kept the others waiting", spread, short, "something else than the pool"],
  ])("%s", (_, run, settings, why) => {
    const { verdict, reason } = judgeCheck(run, settings);
    expect([verdict, reason]).toEqual(["invalid", expect.stringContaining(why)]);
  });
});

test("what a check prints fits 80 columns, and its JSON is as its schema has it", () => {
  const file = new URL("../../../../docs/schema/cordon.learn-check.1.schema.json", import.meta.url);
  const check = new Ajv2020().compile(JSON.parse(readFileSync(file, "utf8")) as object);
  const lesson = findLesson("1");
  for (const [run, settings, code] of [
    [contained, short, 0],
    [spread, long, 4],
    [spread, short, 5],
  ] as const) {
    const judgement = judgeCheck(run, settings);
    const lines = checkText(lesson, settings, judgement, "cordon").split("\n");
    expect(lines.filter(({ length }) => length > 80)).toEqual([]);
    const value: unknown = JSON.parse(checkJson(lesson, settings, judgement, { code, word: "" }));
    expect([check(value), check.errors]).toEqual([true, null]);
  }
});
