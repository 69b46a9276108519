/**
 * Which role instance takes the next try. It keeps tries away from instances that are ejected or whose breaker is open,
 * does not go back at once to the one that has just failed, and otherwise sends to the least busy: a gray instance
 * holds its calls longer, so it is given fewer.
 * Panic rule: when nobody is left by these rules, everybody is a candidate; an instance that may be bad is better than
 * none, and an isolation has been asked before. Invariant: somebody is chosen whenever there is anybody.
 */
import type { InstanceId } from "@cordon/model";

export interface Candidate {
  readonly instance: InstanceId;
  readonly ejected: boolean;
  readonly breakerOpen: boolean;
  readonly inFlight: number;
}

export type Choice =
  | { readonly kind: "chosen"; readonly instance: InstanceId; readonly panic: boolean }
  | { readonly kind: "nobody" };

/** `triedBefore` took the try just before this one; `random` in [0, 1) decides between equals. */
export function chooseInstance(
  candidates: readonly Candidate[],
  triedBefore: InstanceId | undefined,
  random: number,
): Choice {
  const fit = candidates.filter((candidate) => !candidate.ejected && !candidate.breakerOpen);
  const panic = fit.length === 0;
  const able = panic ? candidates : fit;
  const others = able.filter((candidate) => candidate.instance !== triedBefore);
  const pool = others.length > 0 ? others : able;
  const least = Math.min(...pool.map((candidate) => candidate.inFlight));
  const equals = pool.filter((candidate) => candidate.inFlight === least);
  const chosen = equals[Math.floor(random * equals.length)];
  return chosen === undefined ? { kind: "nobody" } : { kind: "chosen", instance: chosen.instance, panic };
}
