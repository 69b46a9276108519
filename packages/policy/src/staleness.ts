/**
 * Whether a copy of something can still be relied on. Clients go on with their copy of the map and of the revocation
 * log when `control` is gone; how old it may be depends on what is decided by it. The 2014 dashboard showed health
 * it had not heard of for hours: a copy that never says its age is how that happens.
 * Invariants: age is counted from when the source was last heard, not from when the copy last changed; never heard is
 * never fresh.
 */
import type { Instant } from "@cordon/model";

export type Freshness =
  | { readonly kind: "fresh"; readonly ageMs: number }
  | { readonly kind: "stale"; readonly ageMs: number }
  | { readonly kind: "never-heard" };

/** The freshness of a copy last confirmed at `heardAt`; a copy exactly `limitMs` old is still fresh. */
export function freshnessOf(heardAt: Instant | undefined, limitMs: number, now: Instant): Freshness {
  if (heardAt === undefined) return { kind: "never-heard" };
  const ageMs = Math.max(0, now - heardAt);
  return ageMs <= limitMs ? { kind: "fresh", ageMs } : { kind: "stale", ageMs };
}
