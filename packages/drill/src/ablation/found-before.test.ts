import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Result } from "@cordon/model";
import { recorded, short, drill } from "../report/report.fixture.ts";
import type { DrillOptions } from "../drill-options.ts";
import { digestOf, historyFile, historyText } from "../history-file.ts";
import { configOf } from "../spec.ts";
import { foundBefore } from "./found-before.ts";
import type { Step } from "./step.ts";

const out = mkdtempSync(join(tmpdir(), "cordon-found-"));
afterAll(() => rmSync(out, { recursive: true }));

const { result: made, runs } = recorded();
const step: Step = { variant: "partition", side: "candidate", without: [], run: 1 };
const [variant] = drill.variants;
const wanted: DrillOptions = {
  drill,
  variant,
  profile: short,
  sides: ["on"],
  baseline: "off",
  candidate: "on",
  disabled: [],
  overridden: false,
  borrowed: runs.filter(({ preset }) => preset === "off"),
  store: "lmdb",
  seed: made.seed,
  root: out,
  out,
  cordon: made.cordon,
  clock: { now: () => 0, wall: () => 0 },
  handsOn: false,
  variantDrawn: false,
  abortWhen: [],
  pauseMs: null,
  readyWithinMs: 30_000,
};
const there: Result = { ...made, config: configOf(wanted) };

/** What is found when `result` is what an earlier run left. */
function find(result: unknown, options = wanted, of = step): ReturnType<typeof foundBefore> {
  writeFileSync(join(out, "result.json"), JSON.stringify(result));
  return foundBefore(options, of);
}

const text = historyText(runs.find(({ preset }) => preset === "off")?.history ?? []);
const whole: Result = { ...there, histories: { off: digestOf(text) } };

/** What is found of the baseline when `kept` is what is left of its history. */
function findBaseline(kept: string, result: Result): ReturnType<typeof foundBefore> {
  writeFileSync(historyFile(out, "off"), kept);
  return find(result, wanted, { ...step, side: "baseline" });
}

test("a sound side of the same Cordon, seed, settings and limits stands for one of this run", () => {
  const before = find(there);
  expect(before.kind === "found" && before.found).toMatchObject({
    name: "partition-on-1",
    startedAt: made.startedAt,
    verdict: "held",
  });
});

test("an empty folder has nothing to say", () => {
  expect(foundBefore({ ...wanted, out: join(out, "nowhere") }, step)).toEqual({ kind: "none" });
});

test("a baseline stands for one of this run with the whole of its history alone", () => {
  const torn = text.slice(0, text.length / 2);
  expect(findBaseline(text, whole).kind).toBe("found");
  const because = "its history is not the one that it was judged by";
  for (const [kept, result] of [
    [torn, whole],
    ["", whole],
    [text, there],
  ] as const)
    expect(findBaseline(kept, result)).toEqual({ kind: "other", because });
  rmSync(historyFile(out, "off"));
  expect(find(whole, wanted, { ...step, side: "baseline" })).toEqual({ kind: "other", because });
});

const otherCommit = "f".repeat(40);
const stricter = { ...variant, limits: () => variant.limits([]).map((one) => ({ ...one, limit: one.limit / 2 })) };
const onMore = {
  ...variant,
  limits: () => [...variant.limits([]), { id: "sign-in-success-inside", limit: 0.9 } as const],
};

test.each<[string, unknown, DrillOptions, string]>([
  ["of another commit", { ...there, cordon: { ...made.cordon, commit: otherCommit } }, wanted, "made by 0.1.0 (ffff"],
  ["of another version", { ...there, cordon: { ...made.cordon, version: "0.0.9" } }, wanted, "made by 0.0.9"],
  ["of another seed", { ...there, seed: "other" }, wanted, "its seed was other"],
  ["of another profile", there, { ...wanted, profile: { ...short, users: 400 } }, "other settings"],
  ["held to other numbers", there, { ...wanted, variant: stricter }, "other limits"],
  ["held to fewer limits", there, { ...wanted, variant: onMore }, "other limits"],
  ["that was aborted", { ...there, verdict: "aborted" }, wanted, "no sound end"],
  ["that proves nothing", { ...there, verdict: "invalid" }, wanted, "no sound end"],
  ["that is no result", { schema: "cordon.drill/1" }, wanted, "cannot be read"],
])("a side %s is passed over, and it is said why", (_, result, options, why) => {
  const before = find(result, options);
  expect(before.kind === "other" && before.because).toContain(why);
});
