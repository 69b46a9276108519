/**
 * A process by its pid and its start time, and the two things a lab does to one: look whether it lives, and kill it.
 * Where there is /proc, a pid that has passed to another process is told apart and left alone. Where there is none, the
 * pid is all there is; whoever reports says so (`hasProc`).
 */
import { inflict, stateOf, type ProcessIdentity } from "@cordon/fault";
import { startTicksOf } from "@cordon/runtime";

/** Whether this system tells one process from another by its start time. */
export const hasProc = (): boolean => startTicksOf(process.pid) !== 0;

/** This very process. */
export const self = (): ProcessIdentity => identityOf(process.pid);

export const identityOf = (pid: number): ProcessIdentity => ({ pid, startTicks: startTicksOf(pid) });

/** Whether exactly this process still runs or is stopped. One that is dead and not yet reaped is dead. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (hasProc()) return stateOf(identity) !== "gone";
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Sends SIGKILL to exactly this process, stopped or not. Never throws; `isAlive` says when it has worked. */
export function kill(identity: ProcessIdentity): void {
  if (inflict("kill", identity).kind !== "unsupported" || hasProc() || identity.pid < 1) return;
  try {
    process.kill(identity.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
