/**
 * Ending the lab of another process, from outside: its runner is asked to, and when it cannot hear (it is stopped, or it
 * hangs) it is killed, which its guardian sees and clears the run away all the same. A runner whose guardian is gone too
 * is cleared up after from here. Whatever is stuck, it is over within the bounds below.
 */
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isAlive, kill, sendSignal, stateOf, type ProcessIdentity } from "@cordon/runtime";
import { openJournal, readJournal, type NamedProcess } from "./journal.ts";
import { isUpRun, journalFile } from "./paths.ts";
import { runDirs } from "./run-dirs.ts";
import { livingOf, sweepRun } from "./sweep.ts";
import { within } from "./within.ts";

/** A runner that was asked may take this long: its own clearing away is bounded by 5 s. */
const askedWithinMs = 6_000;
/** What the guardian may take to see that a runner was killed, and to sweep. */
const killedWithinMs = 1_500;
const sweptWithinMs = 2_000;

/** The folders of the labs that `cordon up` keeps under `root`, those that are still starting too, the newest first. */
export function upLabs(root: string): readonly string[] {
  return runDirs(root)
    .filter((dir) => isUpRun(basename(dir)))
    .flatMap((dir) => {
      const journal = readJournal(journalFile(dir));
      return journal === undefined || journal.closed || !journal.runnerLives ? [] : [{ dir, ...journal.runner }];
    })
    .toSorted((one, other) => other.startTicks - one.startTicks)
    .map(({ dir }) => dir);
}

const endedFile = (dir: string): string => join(dir, "ended");

/** Whether the lab in `dir` was ended from outside, by endLab, and not by whatever else sends signals. */
export const wasEnded = (dir: string): boolean => existsSync(endedFile(dir));

export interface EndedLab {
  readonly dir: string;
  /** What could not be ended; empty unless the system refused. */
  readonly left: readonly NamedProcess[];
}

/** Ends the run in `dir` and waits until nothing of it is left, at most ten seconds. Ending it twice is as ending it once. */
export async function endLab(dir: string): Promise<EndedLab> {
  const journal = readJournal(journalFile(dir));
  if (journal === undefined) return { dir, left: [] };
  const { runner, runId } = journal;
  const lives = (): boolean => journal.runnerLives && isAlive(runner);
  const isOver = (): boolean => !lives() && livingOf(dir, runId, [process.pid]).length === 0;
  if (lives() && stateOf(runner) !== "frozen") {
    noteEnd(dir);
    ask(runner);
    if (await within(askedWithinMs, isOver)) return { dir, left: [] };
  }
  if (lives()) kill(runner);
  if (await within(killedWithinMs, isOver)) return { dir, left: [] };
  const { left } = await sweepRun(dir, runId, { withinMs: sweptWithinMs, spare: [process.pid] });
  if (left.length === 0) openJournal(journalFile(dir)).closed();
  return { dir, left };
}

/** So that the runner can say by whom it was ended, and not by which signal. A full disk ends it all the same. */
function noteEnd(dir: string): void {
  try {
    writeFileSync(endedFile(dir), "");
  } catch {
    // It says the signal then.
  }
}

function ask(runner: ProcessIdentity): void {
  if (sendSignal("SIGTERM", runner).kind !== "unsupported") return;
  try {
    process.kill(runner.pid, "SIGTERM");
  } catch {
    // It has ended meanwhile.
  }
}
