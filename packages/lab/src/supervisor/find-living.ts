/**
 * Which process of a name lives already: the newest the journal knows, if its (pid, start time) still holds, or, where an
 * intention was left without a start, one that carries the run's mark and the name.
 */
import { isAlive } from "@cordon/runtime";
import { newestOf, readJournal, type NamedProcess } from "../journal.ts";
import { markedProcesses } from "../marks.ts";
import { journalFile } from "../paths.ts";
import type { LabPlan } from "../plan.ts";

/** The living process of this name in the run, if there is one. */
export function findLiving(plan: LabPlan, name: string): NamedProcess | undefined {
  const journal = readJournal(journalFile(plan.dir));
  const newest = newestOf(journal?.spawned ?? []).find((process) => process.name === name);
  if (newest !== undefined && isAlive(newest)) return newest;
  if (!journal?.intended.includes(name)) return undefined;
  // It was started in the instant its spawner died: only its mark knows of it.
  const marked = markedProcesses()?.find(
    (process) => process.runId === plan.runId && process.dir === plan.dir && process.name === name,
  );
  return marked === undefined ? undefined : { name, pid: marked.pid, startTicks: marked.startTicks };
}
