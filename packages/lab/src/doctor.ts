/**
 * What `cordon doctor` does about labs: it finds the runs of a working directory that nobody looks after any more, since
 * the runner and the guardian were killed together, and clears them. A run whose runner lives is reported and left alone.
 * A closed run, and one whose folder somebody removed, must have no process: what carries their mark is a stray and is
 * cleared as well. Running it twice finds nothing the second time.
 */
import { basename, dirname } from "node:path";
import { hasProc } from "@cordon/runtime";
import { openJournal, readJournal, type NamedProcess } from "./journal.ts";
import { markedProcesses } from "./marks.ts";
import { journalFile, labsDir } from "./paths.ts";
import { runDirs } from "./run-dirs.ts";
import { livingOf, sweepRun, sweepWithinMs } from "./sweep.ts";

export interface DoctorFinding {
  readonly runId: string;
  readonly dir: string;
  /** `living`: its runner is there, nothing was done. `abandoned`: nobody looked after it. `strays`: it was over, or its folder gone. */
  readonly kind: "living" | "abandoned" | "strays";
  readonly cleared: readonly NamedProcess[];
  readonly left: readonly NamedProcess[];
}

export interface DoctorReport {
  /** `journal`: no /proc here, so that processes were known by their pid alone and strays could not be looked for. */
  readonly how: "proc" | "journal";
  readonly findings: readonly DoctorFinding[];
  /** Whether something that should be gone is still there. */
  readonly clean: boolean;
}

/** Looks at every run under `root` and clears what nobody looks after. Never throws for a run it cannot read. */
export async function examineLabs(root: string): Promise<DoctorReport> {
  const findings: DoctorFinding[] = [];
  for (const { dir, runId } of runsUnder(root)) {
    const journal = readJournal(journalFile(dir));
    if (journal !== undefined && !journal.closed && journal.runnerLives) {
      findings.push({ runId, dir, kind: "living", cleared: [], left: [] });
      continue;
    }
    const isOpen = journal !== undefined && !journal.closed;
    if (!isOpen && livingOf(dir, runId, [process.pid]).length === 0) continue;
    const { cleared, left } = await sweepRun(dir, runId, { withinMs: sweepWithinMs, spare: [process.pid] });
    if (isOpen && left.length === 0) openJournal(journalFile(dir)).closed();
    findings.push({ runId, dir, kind: isOpen ? "abandoned" : "strays", cleared, left });
  }
  return {
    how: hasProc() ? "proc" : "journal",
    findings,
    clean: findings.every(({ left }) => left.length === 0),
  };
}

/** Runs with a folder, and runs that only a process's mark still speaks of. */
function runsUnder(root: string): readonly { readonly dir: string; readonly runId: string }[] {
  const runs = new Map(runDirs(root).map((dir) => [dir, readJournal(journalFile(dir))?.runId ?? basename(dir)]));
  // Where no folder is, or is any more, processes may still be there.
  for (const { dir, runId } of markedProcesses() ?? [])
    if (dirname(dir) === labsDir(root) && !runs.has(dir)) runs.set(dir, runId);
  return [...runs].map(([dir, runId]) => ({ dir, runId }));
}
