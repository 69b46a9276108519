/**
 * Faults of whole processes: freeze (SIGSTOP), thaw (SIGCONT) and kill (SIGKILL). A process is named by its pid and its
 * start time, and a pid that meanwhile belongs to another process is refused: a drill must never stop a stranger. The
 * check needs /proc; where there is none nothing is done, and the answer says so.
 * Between the check and the signal the pid could still change hands. That takes the process to end, to be reaped and the
 * pid numbers to come round within microseconds; Node offers nothing (pidfd) that would close the gap.
 */
import { readStat, startTicksOf } from "@cordon/runtime";

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

export type ProcessFault = "freeze" | "thaw" | "kill";

export type ProcessAnswer =
  /** The signal was sent; the kernel acts on it within a moment: see `stateOf`. */
  | { readonly kind: "sent" }
  /** No such process is left, or it is dead and not yet reaped. */
  | { readonly kind: "gone" }
  /** The pid belongs to another process now, started at `startTicks`. Nothing was sent. */
  | { readonly kind: "another-process"; readonly startTicks: number }
  /** This system has no /proc to tell one process from another, or the process is another user's. Nothing was sent. */
  | { readonly kind: "unsupported"; readonly detail: string };

const signals = { freeze: "SIGSTOP", thaw: "SIGCONT", kill: "SIGKILL" } as const;

/** Does `fault` to exactly this process. Synchronous, never throws. */
export function inflict(fault: ProcessFault, { pid, startTicks }: ProcessIdentity): ProcessAnswer {
  if (startTicksOf(process.pid) === 0) {
    return { kind: "unsupported", detail: "process faults need /proc (Linux) to name a process by its start time" };
  }
  // There is no /proc entry for 0 or a negative number either: a whole group is never signalled.
  const stat = readStat(pid);
  if (stat === undefined) return { kind: "gone" };
  if (stat.startTicks !== startTicks) return { kind: "another-process", startTicks: stat.startTicks };
  if (stat.state === "Z" || stat.state === "X") return { kind: "gone" };
  try {
    process.kill(pid, signals[fault]);
    return { kind: "sent" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "EPERM" ? { kind: "unsupported", detail: `no right to signal process ${pid}` } : { kind: "gone" };
  }
}

/** Running, frozen (state T), or gone: dead, reaped, or its pid another process's. Where there is no /proc: gone. */
export function stateOf({ pid, startTicks }: ProcessIdentity): "running" | "frozen" | "gone" {
  const stat = readStat(pid);
  if (stat === undefined || stat.startTicks !== startTicks || stat.state === "Z" || stat.state === "X") return "gone";
  return stat.state === "T" ? "frozen" : "running";
}
