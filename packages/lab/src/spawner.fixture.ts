/**
 * A program for tests that starts things as a runner does and then lives until it is killed.
 *
 *   --root DIR --run ID                     a run with a guardian and two sleepers, one of them stopped
 *   --root DIR --run ID --unrecorded        the same without a guardian, and with the last start missing in the journal
 *
 * It says `{dir, pids}` on stdout when everything is there.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { identityOf } from "@cordon/runtime";
import { startKeepers } from "./keepers.ts";
import { markOf } from "./marks.ts";
import { makeRunFolder, type RunFolder } from "./run-folder.ts";
import { spawnProcess } from "./spawn.ts";

const sleeper = fileURLToPath(new URL("./sleeper.fixture.ts", import.meta.url));
const options = { root: { type: "string" }, run: { type: "string" }, unrecorded: { type: "boolean" } } as const;
const { root = "", run: runId = "", unrecorded = false } = parseArgs({ options }).values;

const run = makeRunFolder(root, runId);
const pids = [sleep("one"), sleep("two")];
for (const pid of pids.slice(1)) {
  run.journal.frozen(identityOf(pid));
  process.kill(pid, "SIGSTOP");
}
if (unrecorded) pids.push(sleepUnrecorded(run));
else startKeepers(run, 0);
process.stdout.write(`${JSON.stringify({ dir: run.dir, pids })}\n`);
setInterval(() => {}, 60_000);

function sleep(name: string): number {
  const order = { name, runId, dir: run.dir, program: sleeper, args: [], fileThreads: 4 };
  const spawned = spawnProcess({ ...order, detached: true, stdin: "ignore" }, run.journal);
  if (spawned === undefined) throw new Error("the system refused to start a process");
  return spawned.process.pid;
}

/** What a spawner leaves that is killed between the start of a process and the journal's line about it. */
function sleepUnrecorded({ journal, dir }: RunFolder): number {
  journal.intend("three");
  const child = spawn(process.execPath, [sleeper], {
    detached: true,
    stdio: "ignore",
    env: markOf(runId, dir, "three"),
  });
  return child.pid ?? 0;
}
