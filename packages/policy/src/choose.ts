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
  let best = Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  let equals = 0;
  for (const candidate of candidates) {
    const rank = rankOf(candidate, triedBefore);
    if (rank > best || (rank === best && candidate.inFlight > least)) continue;
    equals = rank === best && candidate.inFlight === least ? equals + 1 : 1;
    best = rank;
    least = candidate.inFlight;
  }
  let before = Math.floor(random * equals);
  for (const candidate of candidates) {
    if (rankOf(candidate, triedBefore) !== best || candidate.inFlight !== least || before-- > 0) continue;
    return { kind: "chosen", instance: candidate.instance, panic: best >= panicRank };
  }
  return { kind: "nobody" };
}

const panicRank = 2;

/** Fit and fresh before fit; those who are not fit, in the same order, only after all who are. */
const rankOf = ({ instance, ejected, breakerOpen }: Candidate, triedBefore: InstanceId | undefined): number =>
  (ejected || breakerOpen ? panicRank : 0) + (instance === triedBefore ? 1 : 0);
