import { describe, expect, test } from "vitest";
import type { Result } from "@cordon/model";
import { faultJournal } from "./fault-journal.ts";
import { drill, recorded, unbegun } from "./report.fixture.ts";

const { result, runs } = recorded();
const startedAt = Date.parse(result.startedAt);
const wall = { offsetMs: startedAt, endedAt: startedAt + 80_000 };

type Fields = Readonly<Record<string, unknown>>;
type Form = (value: unknown) => boolean;
const text: Form = (value) => typeof value === "string" && value !== "";
const textOrNull: Form = (value) => value === null || typeof value === "string";
const truth: Form = (value) => typeof value === "boolean";
const seconds: Form = (value) => typeof value === "number" && value >= 0;
/** RFC 3339, in UTC. */
const date: Form = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value);
const word =
  (...words: readonly string[]): Form =>
  (value) =>
    words.includes(value as string);
const record =
  (forms: Readonly<Record<string, Form>>): Form =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(forms).every(([key, form]) => form((value as Fields)[key]));
const list =
  (form: Form): Form =>
  (value) =>
    Array.isArray(value) && value.every(form);

const process = record({ type: word("process"), path: text, arguments: record({}) });
const probe = record({ type: word("probe"), name: text, provider: process });
const action = record({ type: word("action"), name: text, provider: process });
const times = { start: date, end: date, duration: seconds };
const outcome = (activity: Form): Readonly<Record<string, Form>> => ({
  activity,
  status: word("succeeded", "failed"),
  ...times,
  output: textOrNull,
});
const state = record({ steady_state_met: truth, probes: list(record({ ...outcome(probe), tolerance_met: truth })) });

/** What the reference of the journal requires and recommends, and what chaoslib 1 writes besides. */
const required: Readonly<Record<string, Form>> = {
  "chaoslib-version": text,
  platform: text,
  node: text,
  experiment: record({
    version: word("1.0.0"),
    title: text,
    description: text,
    tags: list(text),
    "steady-state-hypothesis": record({
      title: text,
      probes: list(record({ tolerance: truth, name: text, provider: process })),
    }),
    method: list(action),
    rollbacks: list(action),
  }),
  start: date,
  status: word("completed", "failed", "aborted", "interrupted"),
  deviated: truth,
  steady_states: record({ before: state, after: state, during: list(state) }),
  run: list(record(outcome(action))),
  rollbacks: list(record(outcome(action))),
  end: date,
  duration: seconds,
};

const journalOf = (of: Result): Fields => JSON.parse(JSON.stringify(faultJournal(drill, of, runs, wall))) as Fields;
const wrongIn = (journal: Fields): readonly string[] =>
  Object.entries(required).flatMap(([key, form]) => (form(journal[key]) ? [] : [key]));

describe("the journal of a run", () => {
  test("has every field, each of its type", () => {
    expect(wrongIn(journalOf(result))).toEqual([]);
  });

  test.each(Object.keys(required))("would be seen to lack %s", (key) => {
    expect(wrongIn({ ...journalOf(result), [key]: undefined })).toEqual([key]);
  });

  test("tells the injection and the removal of each side, at the wall's time", () => {
    const { run, rollbacks, duration } = journalOf(result) as {
      run: readonly { activity: { name: string }; start: string; status: string }[];
      rollbacks: readonly { activity: { name: string } }[];
      duration: number;
    };
    const [off] = runs;
    const [injected = 0] =
      off?.history.flatMap((one) => (one.type === "fault" && one.step === "injected" ? [one.at] : [])) ?? [];
    expect(run.map(({ activity, status }) => [activity.name, status])).toEqual([
      ["p3 stops answering (health: green) (off)", "succeeded"],
      ["p3 stops answering (health: green) (on)", "succeeded"],
    ]);
    expect(run[0]?.start).toBe(new Date(startedAt + injected).toISOString());
    expect(rollbacks.map(({ activity }) => activity.name)).toEqual(["p3 answers again (off)", "p3 answers again (on)"]);
    expect(duration).toBe(80);
  });

  test("has deviated when the candidate broke a limit, and not when the run proves nothing", () => {
    const sides = result.sides.map((side) => ({
      ...side,
      limits: side.limits.map((limit) => ({ ...limit, held: false })),
    }));
    const refuted: Result = { ...result, sides, verdict: "refuted", exitCode: 4 };
    expect(journalOf(result)).toMatchObject({ deviated: false, status: "completed" });
    expect(journalOf(refuted)).toMatchObject({
      deviated: true,
      status: "failed",
      steady_states: { after: { steady_state_met: false } },
    });
    expect(journalOf({ ...refuted, verdict: "invalid", exitCode: 5 })).toMatchObject({
      deviated: false,
      status: "failed",
    });
    const aborted = { ...refuted, verdict: "aborted" as const, exitCode: 130 };
    expect(journalOf({ ...aborted, reason: "interrupted by SIGINT" })).toMatchObject({ status: "interrupted" });
    expect(journalOf({ ...aborted, reason: "halted by cordon drill halt" })).toMatchObject({ status: "interrupted" });
    expect(journalOf({ ...aborted, reason: "hurt-outside > 20 %" })).toMatchObject({ status: "aborted" });
  });
});

test("the journal of a game day without a fault does not tell what was drawn", () => {
  const journal = faultJournal(drill, unbegun("halted by cordon drill halt").result, [], wall);
  expect(journal).toMatchObject({ experiment: { title: drill.title, tags: [drill.id, "drawn"], method: [] }, run: [] });
  expect(JSON.stringify(journal)).not.toMatch(/p3|never answers|verification/);
});
