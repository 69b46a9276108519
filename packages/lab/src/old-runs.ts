/**
 * The folders of runs that are over: the newest are kept, for whoever wants to read a log or a history after the fact, and
 * the others are removed when the next run starts, so that a machine that drills every day does not fill its disk.
 * Invariant: only a run whose journal says that nothing of it is left loses its folder; one that was abandoned keeps it,
 * however old, for it is what the doctor clears by. The journal goes last, so that a removal that was cut short is
 * finished the next time.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { readJournal } from "./journal.ts";
import { journalFile } from "./paths.ts";
import { runDirs } from "./run-dirs.ts";

/** Run folders kept under a working directory, the one that begins now among them. */
const keptRuns = 10;

/** Removes what is over and not among the newest. Never throws: what cannot be removed stays until the next start. */
export function removeOldRuns(root: string): void {
  for (const dir of runsByAge(root).slice(keptRuns)) {
    if (readJournal(journalFile(dir))?.closed !== true) continue;
    try {
      removeRun(dir);
    } catch {
      // Another runner is removing it as well, or it is not ours to remove.
    }
  }
}

/** The folders of runs, the one that was written to last first. What has no journal is no run. */
function runsByAge(root: string): readonly string[] {
  return runDirs(root)
    .flatMap((dir) => {
      const writtenAt = writtenAtOf(journalFile(dir));
      return writtenAt === undefined ? [] : [{ dir, writtenAt }];
    })
    .toSorted((one, other) => other.writtenAt - one.writtenAt)
    .map(({ dir }) => dir);
}

function writtenAtOf(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
}

function removeRun(dir: string): void {
  const journal = basename(journalFile(dir));
  for (const name of namesIn(dir)) if (name !== journal) rmSync(join(dir, name), { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
