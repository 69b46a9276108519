/**
 * Lesson 1 as a class takes it, by the command alone and with real processes: it is begun with a bet, its check fails on
 * the file that it gives, and passes after the one change that its last hint names. A machine too busy to tell is no
 * answer (exit 3 and 5), and is asked again, a few times.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cordon, startCordon, type CordonEnd } from "../support/cli.ts";
import { schemaCheck } from "../support/cordon-json.ts";
import { workingDirectory } from "../support/lab.ts";
import { processesUnder } from "../support/processes.ts";
import { setWords } from "../support/set-words.ts";
import { until } from "../support/until.ts";

const attempts = 4;
const withinMs = 60_000;
/** The drill in its shortest form: what it finds is its own tests' matter. */
const short = {
  partitions: 3,
  roleInstances: 1,
  users: 12,
  signInPerSecond: 6,
  mailPerSecond: 4,
  warmSeconds: 1,
  steadySeconds: 2,
  faultSeconds: 4,
  recoverySeconds: 2,
};
const sets = setWords(short);

/** The command's end, once it is an answer. */
async function answered(root: string, ...words: readonly string[]): Promise<CordonEnd> {
  const said: string[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const end = await cordon(root, "learn", ...words);
    if (end.code !== 3 && end.code !== 5) return end;
    said.push(end.stderr.trimEnd().split("\n").slice(-3).join(" | "));
  }
  throw new Error(`cordon learn ${words.join(" ")} came to no answer: ${said.join("; ")}`);
}

/** The lesson begun, in its short form. What the drill found is told by its exit code, and each is right here. */
async function begin(root: string): Promise<unknown> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { stdout } = await cordon(root, "learn", "start", "1", "--bet", "80,30", "--yes", "--json", ...sets);
    if (stdout !== "") return JSON.parse(stdout);
  }
  throw new Error("no run of the drill came to its fault");
}

test("lesson 1: the check fails on the given file, and passes after the one change", { timeout: 600_000 }, async () => {
  await using place = workingDirectory();
  const { root } = place;
  const file = join(root, "lesson-1.yaml");

  const started = await begin(root);
  const fitsStart = schemaCheck("learn-start");
  expect([fitsStart(started), fitsStart.errors]).toEqual([true, null]);
  expect(started).toMatchObject({ lesson: 1, bet: { hurtOutside: 80, mailSeconds: 30 }, file: { path: file } });

  const given = readFileSync(file, "utf8");
  const before = await answered(root, "check", "--json");
  const fitsCheck = schemaCheck("learn-check");
  expect([fitsCheck(JSON.parse(before.stdout)), fitsCheck.errors]).toEqual([true, null]);
  expect([before.code, JSON.parse(before.stdout)]).toMatchObject([
    4,
    { verdict: "failed", settings: { connections: 50, deadlineMs: 10_000 }, inside: { inTime: 0 } },
  ]);
  expect(before.stderr).toMatch(/exit 4: not yet\n$/);

  writeFileSync(file, given.replace("deadlineMs: 10000", "deadlineMs: 1000"));
  const after = await answered(root, "check");
  expect([after.code, after.stderr]).toEqual([0, expect.stringMatching(/exit 0: passed\n$/)]);
  expect(after.stdout).toContain("PASSED");
  expect(after.stdout.split("\n").filter(({ length }) => length > 80)).toEqual([]);
  expect(JSON.parse((await cordon(root, "learn", "list", "--json")).stdout)).toMatchObject({
    lessons: [{ number: 1, begun: true, passed: true }],
  });

  expect(processesUnder(root)).toEqual([]);
});

test(
  "a lesson begun again and broken off by Ctrl-C keeps the learner's file, and leaves nothing that runs",
  { timeout: 200_000 },
  async () => {
    await using place = workingDirectory();
    const { root } = place;
    const file = join(root, "lesson-1.yaml");
    writeFileSync(file, "deadlineMs: 7\n");
    await using run = startCordon(root, ["learn", "start", "1", "--bet", "80,30", "--yes", "--json", ...sets]);
    const labs = join(root, ".cordon/labs");
    const isStarting = (): boolean => existsSync(labs) && readdirSync(labs).length > 0;
    await until("a lab is being started", withinMs, () => isStarting() || run.child.exitCode !== null);
    run.child.kill("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(/exit 130: interrupted by SIGINT, everything rolled back\n$/);
    expect(processesUnder(root)).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe("deadlineMs: 7\n");
  },
);
