/**
 * Faults of whole processes: freeze (SIGSTOP) and thaw (SIGCONT). A process is named by its pid and its start time
 * (runtime's proc.ts), and a pid that meanwhile belongs to another process is refused: a drill must never stop a stranger.
 * Invariant: a freeze is on a lease, as a toxic is. Whoever froze a process lets it go on when the lease ends, wanted or
 * not; should they die before that, the guardian of the run sweeps it, and the stopped process with it. Only while they
 * are stopped themselves does nobody act.
 */
import { sendSignal, type ProcessIdentity, type SignalAnswer } from "@cordon/runtime";

/** Stops exactly this process, for at most `leaseMs`. Synchronous, never throws. */
export function freeze(identity: ProcessIdentity, leaseMs: number): SignalAnswer {
  const answer = sendSignal("SIGSTOP", identity);
  // The lease alone is no reason to live: who ends has the run swept. A thaw of what has gone meanwhile does nothing.
  if (answer.kind === "sent") setTimeout(() => thaw(identity), leaseMs).unref();
  return answer;
}

/** Lets exactly this process go on. Synchronous, never throws. */
export const thaw = (identity: ProcessIdentity): SignalAnswer => sendSignal("SIGCONT", identity);
