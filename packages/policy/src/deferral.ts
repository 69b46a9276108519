/**
 * When a mail that could not be delivered is tried again, and when its sender is told that it will not be. The slow
 * scanner of November 2012 was fed the same mail again and again: delays grow with each attempt, up to a cap, and end.
 * Invariants: no attempt is set later than the expiry, and the last one falls on it; a bounce is for age alone, never
 * for a count; attempts made while the lane was isolated do not count against the mail; jitter only ever takes off.
 */
import type { DeferralSettings } from "@cordon/model";
import type { Lane } from "./lane.ts";

/** Both times on one clock, in milliseconds: the wall clock, as a mail outlives the machine's uptime. */
export interface DeferredMail {
  readonly acceptedAt: number;
  /** Attempts counted against it so far, without the one that has just failed. */
  readonly attempts: number;
}

export type DeferralDecision =
  /** Try again at `at`; from now on `attempts` are counted against it. */
  | { readonly do: "retry"; readonly at: number; readonly attempts: number }
  | { readonly do: "bounce"; readonly reason: "expired" };

/** Decides after a temporary failure in a lane of this state. `random` is in [0, 1). */
export function defer(
  settings: DeferralSettings,
  mail: DeferredMail,
  lane: Lane["state"],
  random: number,
  now: number,
): DeferralDecision {
  const expiresAt = mail.acceptedAt + settings.expireMs;
  if (now >= expiresAt) return { do: "bounce", reason: "expired" };
  const attempts = lane === "isolated" ? mail.attempts : mail.attempts + 1;
  const delayMs = deferralDelayMs(settings, attempts) * (1 - settings.jitter * random);
  return { do: "retry", at: Math.min(expiresAt, now + delayMs), attempts };
}

/** The delay after so many counted attempts, before jitter, in milliseconds. */
export const deferralDelayMs = (settings: DeferralSettings, attempts: number): number =>
  Math.min(settings.maxMs, settings.firstMs * settings.factor ** Math.max(0, attempts - 1));
