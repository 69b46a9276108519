/**
 * The mark of a run: three variables in the environment of each of its processes, which the kernel shows in
 * /proc/PID/environ for as long as they live. It finds what a journal cannot know yet: a process whose spawner was killed
 * between fork and the journal's line. The match is exact, on the variable's whole value. Needs /proc.
 */
import { readdirSync, readFileSync } from "node:fs";
import { startTicksOf } from "@cordon/runtime";
import type { NamedProcess } from "./journal.ts";

export interface Marked extends NamedProcess {
  readonly runId: string;
  /** The run's folder. */
  readonly dir: string;
}

/** The variables that mark a process. */
export const markOf = (runId: string, dir: string, name: string): Readonly<Record<string, string>> => ({
  CORDON_RUN: runId,
  CORDON_LAB: dir,
  CORDON_PROCESS: name,
});

/** Every marked process of this machine that may be looked at; undefined where there is no /proc. */
export function markedProcesses(): readonly Marked[] | undefined {
  let entries: string[];
  try {
    entries = readdirSync("/proc");
  } catch {
    return undefined;
  }
  return entries.filter((entry) => /^[1-9][0-9]*$/.test(entry)).flatMap((entry) => markedAt(Number(entry)) ?? []);
}

function markedAt(pid: number): Marked | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    // It has ended, or it is another user's.
    return undefined;
  }
  if (!text.includes("CORDON_RUN=")) return undefined;
  const variables = new Map(
    text.split("\0").map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  const runId = variables.get("CORDON_RUN");
  const dir = variables.get("CORDON_LAB");
  const name = variables.get("CORDON_PROCESS");
  if (runId === undefined || dir === undefined || name === undefined) return undefined;
  return { pid, startTicks: startTicksOf(pid), runId, dir, name };
}
