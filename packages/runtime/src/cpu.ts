/**
 * How much of the machine a run took: CPU time of its own processes, from /proc, and of everybody, so that a drill that
 * only holds on an idle machine can be told from one that holds on a shared one.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Instant } from "@cordon/model";
import { readStat } from "./proc.ts";

export interface CpuReading {
  /** CPU time of the processes and of their ended children, milliseconds. */
  readonly ownMs: number;
}

/** Clock ticks a second in /proc, which Linux fixes at 100 for user space. */
const ticksPerSecond = 100;

/** CPU time that the processes, and the children they have waited for, took so far. Processes that are gone count zero. */
export function cpuMsOf(processes: readonly { pid: number }[]): CpuReading {
  const ticks = processes.reduce((sum, { pid }) => sum + (readStat(pid)?.cpuTicks ?? 0), 0);
  return { ownMs: (ticks * 1_000) / ticksPerSecond };
}

/** Busy CPU time of the whole machine since boot, milliseconds; undefined where there is no /proc. */
export function machineBusyMs(): number | undefined {
  try {
    const [first = ""] = readFileSync("/proc/stat", "latin1").split("\n");
    const fields = first.split(/\s+/).slice(1, 9).map(Number);
    const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
    return ((fields.reduce((sum, ticks) => sum + ticks, 0) - idle) * 1_000) / ticksPerSecond;
  } catch {
    return undefined;
  }
}

/** What the cores had done by a moment. */
export interface CoresReading {
  readonly at: Instant;
  /** Of everybody, ms; undefined where the machine does not tell. */
  readonly busyMs: number | undefined;
  /** Of the processes asked about, ms. */
  readonly ownMs: number;
}

export const readCores = (own: readonly { pid: number }[], at: Instant): CoresReading => ({
  at,
  busyMs: machineBusyMs(),
  ownMs: cpuMsOf(own).ownMs,
});

/** Share of all cores that others were busy with between two readings; undefined where the machine does not tell. */
export function othersShareOf(before: CoresReading, now: CoresReading): number | undefined {
  if (before.busyMs === undefined || now.busyMs === undefined || now.at <= before.at) return undefined;
  const othersMs = now.busyMs - before.busyMs - (now.ownMs - before.ownMs);
  return shareOfCores(Math.max(0, othersMs), now.at - before.at);
}

/** Share of all cores that `busyMs` of CPU time is of `elapsedMs`. */
export const shareOfCores = (busyMs: number, elapsedMs: number): number =>
  Math.min(1, busyMs / (elapsedMs * availableParallelism()));
