/**
 * Clears away a run: every process of it, stopped or not, and its socket folder. Used by the guardian when the runner has
 * gone, by a runner that has lost its guardian, and by `cordon doctor` for runs that lost both. It trusts nobody to end
 * by itself. The supervisor goes first, since it would start again what is killed; then it looks again and again until
 * two looks in a row found nobody, because a process may have been forked in the instant of a kill.
 * Invariants: it ends within its limit; it signals no process but those that the journal names by (pid, start time) or
 * that carry the run's mark; doing it twice is the same as doing it once.
 */
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { hasProc, isAlive, kill } from "@cordon/runtime";
import { readJournal, type NamedProcess } from "./journal.ts";
import { markedProcesses } from "./marks.ts";
import { isSocketDir, journalFile } from "./paths.ts";

export interface SweepReport {
  readonly runId: string;
  /** `journal`: there is no /proc here, so that only processes the journal names could be found, and by pid alone. */
  readonly how: "proc" | "journal";
  readonly cleared: readonly NamedProcess[];
  /** What could not be ended within the limit. */
  readonly left: readonly NamedProcess[];
  readonly tookMs: number;
}

export interface SweepOptions {
  /** The longest it may take. */
  readonly withinMs: number;
  /** Pids that are not to be touched: whoever sweeps. */
  readonly spare: readonly number[];
}

export const sweepWithinMs = 5_000;

const betweenLooksMs = 15;
/** A supervisor that does not die in this time is not waited for: it cannot do anything either. */
const supervisorFirstMs = 500;
const quietLooks = 2;
const supervisorName = "supervisor";

/** Clears the run whose folder is `dir`. `runId` stands in for a journal that cannot be read. Never throws. */
export async function sweepRun(dir: string, runId: string, options: SweepOptions): Promise<SweepReport> {
  const began = performance.now();
  const passedMs = (): number => performance.now() - began;
  const cleared = new Map<string, NamedProcess>();
  let left: readonly NamedProcess[] = [];
  let quiet = 0;
  while (quiet < quietLooks) {
    left = livingOf(dir, runId, options.spare);
    quiet = left.length === 0 ? quiet + 1 : 0;
    if (passedMs() > options.withinMs) break;
    const supervisors = passedMs() < supervisorFirstMs ? left.filter(({ name }) => name === supervisorName) : [];
    for (const process of supervisors.length > 0 ? supervisors : left) {
      kill(process);
      cleared.set(`${process.pid}:${process.startTicks}`, process);
    }
    if (quiet < quietLooks) await delay(betweenLooksMs);
  }
  for (const path of readJournal(journalFile(dir))?.socketDirs ?? []) removeSocketDir(path);
  const survivors = new Set(left.map(({ pid }) => pid));
  return {
    runId,
    how: hasProc() ? "proc" : "journal",
    cleared: [...cleared.values()].filter(({ pid }) => !survivors.has(pid)),
    left,
    tookMs: Math.round(passedMs()),
  };
}

/** Whatever a journal says, nothing goes that could not be a run's socket folder; one that is another user's stays. */
function removeSocketDir(path: string): void {
  if (!isSocketDir(path)) return;
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It is not ours, so no process of ours listens in it.
  }
}

/** The processes of a run that live now, from its journal and by its mark. */
export function livingOf(dir: string, runId: string, spare: readonly number[]): readonly NamedProcess[] {
  const journal = readJournal(journalFile(dir));
  const frozen = (journal?.frozen ?? []).map((identity): NamedProcess => ({ ...identity, name: "frozen" }));
  const known = [...frozen, ...(journal?.spawned ?? [])].filter(isAlive);
  const marked = (markedProcesses() ?? []).filter((process) => process.runId === runId && process.dir === dir);
  const byPid = new Map<number, NamedProcess>();
  for (const { pid, startTicks, name } of [...known, ...marked]) byPid.set(pid, { pid, startTicks, name });
  return [...byPid.values()].filter(({ pid }) => !spare.includes(pid));
}
