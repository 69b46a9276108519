/**
 * Whether a kept credential may vouch for a user whose partition does not answer. It is what keeps the users of a
 * silent partition signed in for the nine hours of June 2014; and it must never let in who was refused.
 * Invariants: never when the partition answered, least of all with a mismatch; never for a credential older than
 * `maxAgeMs`, or against a newer line of the revocation log; never on a log that was not heard of lately, because a
 * user disabled meanwhile would be in it. The password itself is checked by the caller, after this.
 */
import type { FallbackSettings, Instant, VerifyAnswer, WallTime } from "@cordon/model";
import { freshnessOf } from "./staleness.ts";

export interface FallbackQuestion {
  /** How the partition answered; `unavailable` when it did not. */
  readonly verdict: VerifyAnswer["kind"] | "unavailable";
  /** The credential kept for the address on this host, if any. */
  readonly credential: { readonly lastSuccessAt: WallTime; readonly credentialEpoch: number } | undefined;
  /** The highest epoch the revocation log names for the address; 0 when it names none. */
  readonly revokedEpoch: number;
  /** When the revocation feed was last heard to be complete. */
  readonly feedHeardAt: Instant | undefined;
}

export type FallbackDecision =
  | { readonly kind: "may-vouch" }
  | {
      readonly kind: "may-not";
      readonly reason: "answered" | "not-kept" | "too-old" | "clock-went-back" | "revoked" | "feed-stale";
    };

/** `now` is the monotonic clock, for the feed; `wall` the wall clock, for the credential, which outlives a restart. */
export function mayVouch(
  settings: Pick<FallbackSettings, "maxAgeMs" | "feedFreshMs">,
  question: FallbackQuestion,
  now: Instant,
  wall: WallTime,
): FallbackDecision {
  const { credential } = question;
  if (question.verdict !== "unavailable") return { kind: "may-not", reason: "answered" };
  if (credential === undefined) return { kind: "may-not", reason: "not-kept" };
  if (question.revokedEpoch > credential.credentialEpoch) return { kind: "may-not", reason: "revoked" };
  const ageMs = wall - credential.lastSuccessAt;
  if (ageMs < 0) return { kind: "may-not", reason: "clock-went-back" };
  if (ageMs > settings.maxAgeMs) return { kind: "may-not", reason: "too-old" };
  if (freshnessOf(question.feedHeardAt, settings.feedFreshMs, now).kind !== "fresh") {
    return { kind: "may-not", reason: "feed-stale" };
  }
  return { kind: "may-vouch" };
}
