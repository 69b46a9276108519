/**
 * Hands in a drill while it runs: a person who gives an order, and somebody who stops what the drill stands on. The one
 * makes it a rehearsal, which the reason says; the other makes it prove nothing, and is no fault of Cordon's own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasProc } from "@cordon/runtime";
import type { Result } from "@cordon/model";
import { cordon, startCordon, type CordonRun } from "../support/cli.ts";
import { workingDirectory } from "../support/lab.ts";
import { processesUnder } from "../support/processes.ts";
import { setWords } from "../support/set-words.ts";
import { until } from "../support/until.ts";

const withinMs = 90_000;
const profile = {
  partitions: 3,
  roleInstances: 1,
  users: 12,
  signInPerSecond: 4,
  mailPerSecond: 2,
  warmSeconds: 1,
  steadySeconds: 2,
  faultSeconds: 6,
  recoverySeconds: 2,
};
const sets = setWords(profile);

/** On a host too busy to hold a steady state, a run ends by itself before anybody can lay a hand on it. */
const attempts = 3;

/** A candidate's run, small and alone, that has come to its fault. */
async function underFault(root: string): Promise<CordonRun> {
  let said = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    const words = ["drill", "run", "2014-06-directory-partition", "--sides", "on", "--out", "out"];
    const run = startCordon(root, words.concat("--seed", `hands-${attempt}`, sets));
    const isIn = (): boolean => run.progress().includes("fault-injected");
    await until("the fault is in, or the run over", withinMs, () => isIn() || run.child.exitCode !== null);
    if (isIn()) return run;
    said = (await run.ended).stderr;
  }
  throw new Error(`no run of ${attempts} came to its fault; the last one said: ${said}`);
}

const resultIn = (root: string): Result => JSON.parse(readFileSync(join(root, "out/result.json"), "utf8")) as Result;

test("an operator's order is in the record of the run, and in its reason", { timeout: 200_000 }, async () => {
  await using place = workingDirectory();
  await using run = await underFault(place.root);
  expect(await cordon(place.root, "isolate", "p2")).toMatchObject({ code: 0 });
  await run.ended;
  const { sides, verdict, reason } = resultIn(place.root);
  const orders = sides[0]?.events.filter(({ kind }) => kind === "operator-isolated");
  expect(orders).toEqual([expect.objectContaining({ source: "drill", partition: "p2" })]);
  expect(reason).toContain(`an operator isolated p2 at ${((orders?.[0]?.atMs ?? 0) / 1_000).toFixed(1)} s (on)`);
  expect(["exploratory", "invalid"]).toContain(verdict);
});

// A stopped process is told from a running one by /proc.
test.skipIf(!hasProc())(
  "fault proxies that stop under a drill make it invalid, and nothing is left (needs /proc)",
  { timeout: 200_000 },
  async () => {
    await using place = workingDirectory();
    await using run = await underFault(place.root);
    const fault = processesUnder(place.root).find(({ name }) => name === "fault");
    if (fault === undefined) throw new Error("a lab has fault proxies");
    process.kill(fault.pid, "SIGSTOP");
    const { code, stderr } = await run.ended;
    const { verdict, reason, exitCode } = resultIn(place.root);
    expect([code, verdict, exitCode]).toEqual([5, "invalid", 5]);
    expect(reason).toMatch(
      /^side on: the fault process (?:was stopped|stopped answering|ended) at \d\.\d s: that the fault was on, and went, /,
    );
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("exit 5: invalid");
    expect(processesUnder(place.root)).toEqual([]);
  },
);
