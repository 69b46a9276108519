/**
 * A process is named by (pid, start time): a pid alone may be somebody else's by the time a signal is sent. Both come
 * from /proc, so they are to be had on Linux; elsewhere the start time is 0 and callers say what they cannot do.
 */
import { readFileSync } from "node:fs";

export interface ProcessStat {
  /** The one-letter state of the kernel: R, S, D, T (stopped), Z (zombie), .. */
  readonly state: string;
  /** Clock ticks since boot at which the process started. */
  readonly startTicks: number;
  readonly parent: number;
  /** Clock ticks of CPU time that it, and the children it has waited for, took so far. */
  readonly cpuTicks: number;
}

/** What the kernel says of `pid`, or undefined when there is no such process (or no /proc). */
export function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The command stands in parentheses and may hold anything, a parenthesis too: count from the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const cpuTicks = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return { state: fields[0] ?? "?", parent: Number(fields[1]), startTicks: Number(fields[19]), cpuTicks };
}

/** Start ticks of `pid`; 0 when they cannot be told. */
export const startTicksOf = (pid: number): number => readStat(pid)?.startTicks ?? 0;
