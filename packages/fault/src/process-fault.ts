/**
 * Faults of whole processes: freeze (SIGSTOP) and thaw (SIGCONT). A process is named by its pid and its start time
 * (runtime's proc.ts), and a pid that meanwhile belongs to another process is refused: a drill must never stop a stranger.
 * Invariants: a freeze is on a lease, as a toxic is, and on one only: a thaw ends it, and a later freeze begins another.
 * Whoever froze a process lets it go on when the lease ends, wanted or not; should they die before that, the guardian of
 * the run sweeps it, and the stopped process with it. Only while they are stopped themselves does nobody act.
 */
import { sendSignal, type ProcessIdentity, type SignalAnswer } from "@cordon/runtime";

const leases = new Map<string, NodeJS.Timeout>();
const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}/${startTicks}`;

/** Stops exactly this process, for at most `leaseMs` from now. Synchronous, never throws. */
export function freeze(identity: ProcessIdentity, leaseMs: number): SignalAnswer {
  const answer = sendSignal("SIGSTOP", identity);
  if (answer.kind !== "sent") return answer;
  endLease(identity);
  // The lease alone is no reason to live: who ends has the run swept. A thaw of what has gone meanwhile does nothing.
  leases.set(keyOf(identity), setTimeout(() => thaw(identity), leaseMs).unref());
  return answer;
}

/** Lets exactly this process go on. Synchronous, never throws. */
export function thaw(identity: ProcessIdentity): SignalAnswer {
  endLease(identity);
  return sendSignal("SIGCONT", identity);
}

function endLease(identity: ProcessIdentity): void {
  clearTimeout(leases.get(keyOf(identity)));
  leases.delete(keyOf(identity));
}
