/**
 * Halting a drill from another process: every runner of a drill under a working directory is asked to end as Ctrl-C would
 * ask it, and waited for until nothing of its runs is left. A runner that does not hear is killed, and its guardian clears
 * the run away; then its result is lost, and the answer says so. A lab that `cordon up` keeps is no drill and goes on.
 * A file in the run's folder tells the runner who it was that asked.
 * Runners are known by pid and start time from the journals of their runs, so that nobody else's process is ever hit.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endLab, isUpRun, journalFile, readJournal, runDirs, runStateIn, type NamedProcess } from "@cordon/lab";
import { isAlive, sendSignal, stateOf, type ProcessIdentity } from "@cordon/runtime";

export interface HaltedDrill {
  /** Of the side that ran. */
  readonly runId: string;
  readonly dir: string;
  readonly runner: number;
  /** `asked`: it ended by itself, and has written what it knew. `killed`: it did not hear. */
  readonly how: "asked" | "killed";
  /** What could not be ended; empty unless the system refused. */
  readonly left: readonly NamedProcess[];
}

const haltedFile = (dir: string): string => join(dir, "halted");

/** Whether somebody asked the runner of the run in `dir` to halt. */
export const wasHalted = (dir: string): boolean => existsSync(haltedFile(dir));

/** Between two sides a drill has no run for an instant: before "no drill runs" is said, it is looked again for so long. */
const lookForMs = 1_000;
const betweenLooksMs = 50;
/** A runner clears away within 5 s and then writes its result. */
const askedWithinMs = 10_000;

/** Halts every drill under `root`; returns those there were, when they are gone. */
export async function haltDrills(root: string): Promise<readonly HaltedDrill[]> {
  const lookUntil = performance.now() + lookForMs;
  let running = drillsUnder(root);
  while (running.length === 0 && performance.now() < lookUntil) {
    await delay(betweenLooksMs);
    running = drillsUnder(root);
  }
  return Promise.all(running.map(halt));
}

interface RunningDrill {
  readonly runId: string;
  readonly dir: string;
  readonly runner: ProcessIdentity;
}

function drillsUnder(root: string): readonly RunningDrill[] {
  return runDirs(root).flatMap((dir) => {
    const journal = readJournal(journalFile(dir));
    if (journal === undefined || journal.closed || !journal.runnerLives) return [];
    // A folder that is only being made has another name than its run.
    return isUpRun(journal.runId) ? [] : [{ runId: journal.runId, dir, runner: journal.runner }];
  });
}

async function halt({ runId, dir, runner }: RunningDrill): Promise<HaltedDrill> {
  // A runner that is stopped hears nothing.
  if (stateOf(runner) !== "frozen") {
    writeFileSync(haltedFile(dir), "");
    ask(runner);
  }
  const until = performance.now() + askedWithinMs;
  const isOver = (): boolean => !isAlive(runner) && runStateIn(dir) === "closed";
  while (!isOver() && stateOf(runner) !== "frozen" && performance.now() < until) await delay(betweenLooksMs);
  if (isOver()) return { runId, dir, runner: runner.pid, how: "asked", left: [] };
  const { left } = await endLab(dir);
  return { runId, dir, runner: runner.pid, how: "killed", left };
}

function ask(runner: ProcessIdentity): void {
  if (sendSignal("SIGINT", runner).kind !== "unsupported") return;
  try {
    process.kill(runner.pid, "SIGINT");
  } catch {
    // It has ended meanwhile.
  }
}
