/**
 * A process is named by (pid, start time): a pid alone may be somebody else's by the time a signal is sent. Both come
 * from /proc, so they are to be had on Linux; elsewhere the start time is 0 and callers say what they cannot do.
 * Whoever protects a run (the guardian, the journal, the fence) and whoever harms it (the drill) name, look at and end
 * processes by what stands here.
 * Between the look and the signal the pid could still change hands. That takes the process to end, to be reaped and the
 * pid numbers to come round within microseconds; Node offers nothing (pidfd) that would close the gap.
 */
import { readFileSync, readlinkSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat; 0 where there is no /proc. */
  readonly startTicks: number;
}

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

/**
 * Where a (pid, start time) means what it says: this boot of this machine, and this pid namespace of it. The same pair
 * written down elsewhere may be anybody's here. Undefined where there is no /proc.
 */
export function processSpace(): string | undefined {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Whether this system tells one process from another by its start time. */
export const hasProc = (): boolean => startTicksOf(process.pid) !== 0;

export const identityOf = (pid: number): ProcessIdentity => ({ pid, startTicks: startTicksOf(pid) });

/** Running, frozen (state T), or gone: dead, reaped, or its pid another process's. Where there is no /proc: gone. */
export function stateOf({ pid, startTicks }: ProcessIdentity): "running" | "frozen" | "gone" {
  const stat = readStat(pid);
  if (stat === undefined || stat.startTicks !== startTicks || isDead(stat)) return "gone";
  return stat.state === "T" ? "frozen" : "running";
}

/** Whether exactly this process still runs or is stopped. Where there is no /proc, whether anybody has its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (hasProc()) return stateOf(identity) !== "gone";
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

export type SignalAnswer =
  /** The signal was sent; the kernel acts on it within a moment: see `stateOf`. */
  | { readonly kind: "sent" }
  /** No such process is left, or it is dead and not yet reaped. */
  | { readonly kind: "gone" }
  /** The pid belongs to another process now, started at `startTicks`. Nothing was sent. */
  | { readonly kind: "another-process"; readonly startTicks: number }
  /** This system has no /proc to tell one process from another, or the process is another user's. Nothing was sent. */
  | { readonly kind: "unsupported"; readonly detail: string };

/** Sends `name` to exactly this process. Synchronous, never throws. */
export function sendSignal(name: NodeJS.Signals, { pid, startTicks }: ProcessIdentity): SignalAnswer {
  if (!hasProc()) return { kind: "unsupported", detail: "it takes /proc (Linux) to name a process by its start time" };
  // There is no /proc entry for 0 or a negative number either: a whole group is never signalled.
  const stat = readStat(pid);
  if (stat === undefined) return { kind: "gone" };
  if (stat.startTicks !== startTicks) return { kind: "another-process", startTicks: stat.startTicks };
  if (isDead(stat)) return { kind: "gone" };
  try {
    process.kill(pid, name);
    return { kind: "sent" };
  } catch (error) {
    return codeOf(error) === "EPERM"
      ? { kind: "unsupported", detail: `no right to signal process ${pid}` }
      : { kind: "gone" };
  }
}

/**
 * Sends SIGKILL to exactly this process, stopped or not; `isAlive` says when it has worked. Where there is no /proc, the
 * pid is all there is and is trusted: what a run leaves behind must be ended there too.
 */
export function kill(identity: ProcessIdentity): SignalAnswer {
  if (hasProc() || identity.pid < 1) return sendSignal("SIGKILL", identity);
  try {
    process.kill(identity.pid, "SIGKILL");
    return { kind: "sent" };
  } catch {
    return { kind: "gone" };
  }
}

const isDead = ({ state }: ProcessStat): boolean => state === "Z" || state === "X";

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
