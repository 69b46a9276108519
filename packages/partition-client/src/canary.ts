/**
 * A look-up of an address that never exists, sent to every role instance every `canaryEveryMs` along the users' way:
 * same port, same path, same store. It is no health check; it costs no hash; and it judges a partition nobody is using
 * just now. It goes past bulkhead, breaker and retry, which would hide from the judge what the canary is sent to see.
 * Each instance has its own phase, so that the canaries of all partitions do not leave in one burst.
 * Invariants: canaries in flight are bounded, as each ends within `canaryTimeoutMs`; none is sent after `close`.
 */
import type { Clock, EvidenceSettings } from "@cordon/model";
import { noteLatency } from "@cordon/policy";
import { lookupQuestion, type Attempt } from "./exchange.ts";
import type { RoleInstance, RoutedPartition } from "./gate.ts";
import type { Judge } from "./judge.ts";
import { evidenceOf, noteFreeSeats } from "./outcome.ts";

export interface Canary {
  close(): void;
}

/** `firstAfterMs`: its phase, in milliseconds from now. */
export function createCanary(
  options: { readonly evidence: EvidenceSettings; readonly clock: Clock; readonly judge: Judge },
  at: RoutedPartition,
  instance: RoleInstance,
  firstAfterMs: number,
): Canary {
  const { evidence, clock, judge } = options;
  const ask = {
    question: lookupQuestion,
    body: JSON.stringify({ address: `canary@${at.id}.invalid` }),
    deadline: String(Math.floor(evidence.canaryTimeoutMs)),
    atLeast: undefined,
    canary: true,
  };
  const inFlight = new Set<Attempt<unknown>>();

  const send = async (): Promise<void> => {
    const call = judge.began(at.gates.lookup, instance.paths.lookup, clock.now());
    const attempt = instance.exchange.send({ ...ask, giveUpAt: call.beganAt + evidence.canaryTimeoutMs });
    inFlight.add(attempt);
    // Looked at the moment it is overdue, not on the tick after: the last canary's age is what a detection waits for.
    const overdue = setTimeout(() => judge.look(at), evidence.overdueMs.lookup + 1);
    const reply = await attempt.ended;
    clearTimeout(overdue);
    inFlight.delete(attempt);
    const now = clock.now();
    if (reply.kind === "answered") {
      noteFreeSeats(instance, reply, now);
      noteLatency(instance.paths.lookup.latency, now - call.beganAt, now);
    }
    judge.canaryEnded(at, instance, call, evidenceOf(reply), now);
  };

  let every: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    every = setInterval(() => void send(), evidence.canaryEveryMs);
    void send();
  }, firstAfterMs);

  return {
    close() {
      clearTimeout(first);
      clearInterval(every);
      for (const attempt of inFlight) attempt.cancel();
    },
  };
}
