/** Halting a drill from another terminal: it ends as by Ctrl-C, with a result, and nothing of it is left; a stopped one too. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { hasProc } from "@cordon/runtime";
import type { Result } from "@cordon/model";
import { cordon, startCordon, type CordonRun } from "../support/cli.ts";
import { workingDirectory } from "../support/lab.ts";
import { processesUnder } from "../support/processes.ts";
import { setWords } from "../support/set-words.ts";
import { until } from "../support/until.ts";

const withinMs = 90_000;
const profile = { partitions: 3, roleInstances: 1, users: 12, signInPerSecond: 4, mailPerSecond: 2, faultSeconds: 60 };
const sets = setWords(profile);

/** A candidate's run, small and alone, whose lab is there. */
async function underWay(root: string): Promise<CordonRun> {
  const words = ["drill", "run", "2014-06-directory-partition", "--sides", "on", "--out", "out", "--seed", "halt"];
  const run = startCordon(root, [...words, "--junit", "out/junit.xml", ...sets]);
  await until("the lab is ready", withinMs, () => run.progress().includes("lab ready") || run.child.exitCode !== null);
  return run;
}

const halted = new Ajv2020().compile(
  JSON.parse(readFileSync(new URL("../../docs/schema/cordon.halt.1.schema.json", import.meta.url), "utf8")) as object,
);

test("a drill that is halted says what was known by then, and leaves nothing", { timeout: 200_000 }, async () => {
  await using place = workingDirectory();
  await using run = await underWay(place.root);
  const { code, stdout } = await cordon(place.root, "drill", "halt", "--json");
  const value = JSON.parse(stdout) as { readonly halted: readonly object[] };
  expect([code, halted(value), value.halted]).toEqual([
    0,
    true,
    [expect.objectContaining({ runId: "halt-on", how: "asked", left: [] })],
  ]);
  expect(processesUnder(place.root)).toEqual([]);
  const end = await run.ended;
  expect([end.code, end.stderr.trimEnd().split("\n").at(-1)]).toEqual([
    130,
    "exit 130: halted by cordon drill halt, everything rolled back",
  ]);
  const { verdict, reason } = JSON.parse(readFileSync(join(place.root, "out/result.json"), "utf8")) as Result;
  expect([verdict, reason]).toEqual(["aborted", "halted by cordon drill halt"]);
  expect(readFileSync(join(place.root, "out/junit.xml"), "utf8")).toContain('type="aborted"');
});

// A stopped process is told from a running one by /proc.
test.skipIf(!hasProc())(
  "a drill whose runner is stopped is ended all the same (needs /proc)",
  { timeout: 200_000 },
  async () => {
    await using place = workingDirectory();
    await using run = await underWay(place.root);
    run.child.kill("SIGSTOP");
    const { code, stdout } = await cordon(place.root, "drill", "halt");
    expect([code, stdout]).toEqual([0, expect.stringContaining("was killed")]);
    expect(processesUnder(place.root)).toEqual([]);
  },
);
