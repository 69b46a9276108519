/**
 * The two processes the runner itself starts: the guardian, which clears the run away when the runner is gone, and the
 * supervisor, which keeps everything else. A supervisor that dies is started again, a bounded number of times: the
 * services live on meanwhile. One that is stopped can fence nobody and would not say so: it is killed, and started again.
 * A guardian that dies is not: from then on nobody would clear up after the runner, so the run is over, and the runner
 * clears it away by itself.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isAlive, kill, stateOf } from "@cordon/runtime";
import type { NamedProcess } from "./journal.ts";
import { configFile, guardianFile } from "./paths.ts";
import type { RunFolder } from "./run-folder.ts";
import { spawnProcess, type Spawned } from "./spawn.ts";
import { sweepRun, sweepWithinMs, type SweepReport } from "./sweep.ts";

export interface Keepers {
  /** Aborted, with an Error for a person, when the run cannot go on. By then it is being cleared away. */
  readonly lost: AbortSignal;
  /** Ends every process of the run; says what was cleared and what is left. Any number of calls, one sweep. */
  close(): Promise<SweepReport>;
}

const guardianProgram = fileURLToPath(new URL("./guardian/main.ts", import.meta.url));
const supervisorProgram = fileURLToPath(new URL("./supervisor/main.ts", import.meta.url));
/** What the guardian may take beyond its sweep: starting, if it has not got that far, and saying what it did. */
const guardianGraceMs = 3_000;
const guardianLookMs = 10;
const supervisorPauseMs = 100;
/** How often the supervisor is looked at; two looks make it stopped, so that a debugger's blink does not. */
const stoppedLookMs = 500;

/** Starts both. `maxRestarts`: of the supervisor. Throws when the system refuses the guardian; then nothing was started. */
export function startKeepers(run: RunFolder, maxRestarts: number): Keepers {
  const lost = new AbortController();
  let sweep: Promise<SweepReport> | undefined;
  let ends = 0;

  const guardian = start(run, "guardian", guardianProgram, [`--dir=${run.dir}`, `--run=${run.runId}`], "pipe");
  if (guardian === undefined) throw new Error("the system refused to start the guardian of the run");
  const lose = (reason: string): void => {
    if (sweep !== undefined) return;
    // A guardian that has ended may have swept before the runner stopped starting things: its word is not enough.
    sweep = sweepHere(run, guardian);
    lost.abort(new Error(reason));
  };
  guardian.child.once("exit", () => lose("the guardian of the run ended, so that nobody would clear up after it"));

  const supervise = (): void => {
    if (sweep !== undefined) return;
    const args = ["--config", configFile(run.dir, "supervisor")];
    const supervisor = start(run, "supervisor", supervisorProgram, args, "ignore");
    if (supervisor === undefined) return superviseAgain();
    const watch = killWhenStopped(supervisor);
    supervisor.child.once("exit", () => {
      clearInterval(watch);
      superviseAgain();
    });
  };
  const superviseAgain = (): void => {
    if (sweep !== undefined) return;
    ends += 1;
    if (ends > maxRestarts) lose(`the supervisor ended ${ends} times`);
    else setTimeout(supervise, supervisorPauseMs * (ends - 1));
  };
  supervise();
  return { lost: lost.signal, close: () => (sweep ??= letGuardianSweep(run, guardian)) };
}

/** Looks at a process now and then, and kills it when it was found stopped twice in a row. The timer keeps nobody alive. */
function killWhenStopped({ process }: Spawned): NodeJS.Timeout {
  let wasStopped = false;
  const watch = setInterval(() => {
    const isStopped = stateOf(process) === "frozen";
    if (isStopped && wasStopped) kill(process);
    wasStopped = isStopped;
  }, stoppedLookMs);
  watch.unref();
  return watch;
}

function start(
  run: RunFolder,
  name: string,
  program: string,
  args: readonly string[],
  stdin: "pipe" | "ignore",
): Spawned | undefined {
  const order = { name, runId: run.runId, dir: run.dir, program, args, detached: true, stdin, fileThreads: 4 };
  const spawned = spawnProcess(order, run.journal);
  if (spawned !== undefined) letGo(spawned.child);
  return spawned;
}

/** Lets the guardian do what it does when the runner dies; where it does not, or is stopped, sweeps here. */
async function letGuardianSweep(run: RunFolder, guardian: Spawned): Promise<SweepReport> {
  guardian.child.stdin?.end();
  await endedOrStopped(guardian.process, sweepWithinMs + guardianGraceMs);
  const report = reportOf(run.dir);
  return report !== undefined && !isAlive(guardian.process) ? report : sweepHere(run, guardian);
}

async function sweepHere(run: RunFolder, guardian: Spawned): Promise<SweepReport> {
  kill(guardian.process);
  const report = await sweepRun(run.dir, run.runId, { withinMs: sweepWithinMs, spare: [process.pid] });
  if (report.left.length === 0) run.journal.closed();
  return report;
}

/** Resolves when the process is gone, cannot go on because somebody stopped it, or has taken too long. */
async function endedOrStopped(identity: NamedProcess, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (performance.now() < until && isAlive(identity) && stateOf(identity) !== "frozen") await delay(guardianLookMs);
}

/** What the guardian wrote when it had swept. */
function reportOf(dir: string): SweepReport | undefined {
  try {
    return JSON.parse(readFileSync(guardianFile(dir), "utf8")) as SweepReport;
  } catch {
    return undefined;
  }
}

/** A runner that has nothing more to do may end; the guardian then does its part. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.stdin?.on("error", () => {});
  if (child.stdin instanceof Socket) child.stdin.unref();
}
