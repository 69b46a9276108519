/**
 * When a second ask goes to a sibling, although the first may still be answered. It keeps the tail of look-ups short
 * while one role instance is gray (November 2012), before there is evidence enough to eject it.
 * A hedge that adds load to an overload is worse than none: a sent password hash cannot be recalled, so a verify is
 * hedged only to a sibling that lately said it had a free hashing seat; and a budget bounds the share of all hedges.
 * Invariants: a write is never hedged; never sooner than `floorMs`; never later than leaves time to be of use.
 * The budget is a token budget with `share` as its ratio (retry-budget.ts), spent when the hedge is sent.
 */
import type { HedgeSettings, InstanceId, Instant, Operation } from "@cordon/model";
import type { BudgetSettings } from "./retry-budget.ts";

/** What is known of an instance that could be asked second. */
export interface HedgeSibling {
  readonly instance: InstanceId;
  /** p99 of its answers to the operation in milliseconds, where known (latency.ts). */
  readonly p99Ms: number | undefined;
  /** Hashing seats it last said were free, and when it said so. */
  readonly freeSeats: number;
  readonly freeSeatsSaidAt: Instant | undefined;
}

export type HedgePlan =
  /** Ask `instance` when the first has not answered after `afterMs`. */
  | { readonly kind: "hedge"; readonly instance: InstanceId; readonly afterMs: number }
  | {
      readonly kind: "none";
      readonly reason: "write" | "no-sibling" | "no-free-seat" | "too-little-seen" | "too-late";
    };

/** How long a sibling's word about its free seats is believed. */
export const freeSeatsBelievedMs = 500;

/** The token budget hedges are sent from. */
export const hedgeBudget = (settings: HedgeSettings): BudgetSettings => ({
  ratio: settings.share,
  reserve: settings.reserve,
});

/**
 * The plan for one first try, made when it is sent. `siblings` are those that may be asked (not ejected, breaker not
 * open) without the one that was; `remainingMs` is what is left for the whole call.
 */
export function planHedge(
  settings: HedgeSettings,
  operation: Operation,
  siblings: readonly HedgeSibling[],
  remainingMs: number,
  now: Instant,
): HedgePlan {
  if (operation === "write") return { kind: "none", reason: "write" };
  if (siblings.length === 0) return { kind: "none", reason: "no-sibling" };
  let able = false;
  let fastest: InstanceId | undefined;
  let shortestMs = Number.POSITIVE_INFINITY;
  for (const sibling of siblings) {
    if (operation === "verify" && !hasFreeSeat(sibling, now)) continue;
    able = true;
    if (sibling.p99Ms === undefined || sibling.p99Ms >= shortestMs) continue;
    fastest = sibling.instance;
    shortestMs = sibling.p99Ms;
  }
  if (!able) return { kind: "none", reason: "no-free-seat" };
  if (fastest === undefined) return { kind: "none", reason: "too-little-seen" };
  const afterMs = Math.max(settings.floorMs, shortestMs);
  // It would need about its p99 again to be answered: later than that it is load without a use.
  if (afterMs + shortestMs > remainingMs) return { kind: "none", reason: "too-late" };
  return { kind: "hedge", instance: fastest, afterMs };
}

const hasFreeSeat = (sibling: HedgeSibling, now: Instant): boolean =>
  sibling.freeSeats > 0 &&
  sibling.freeSeatsSaidAt !== undefined &&
  now - sibling.freeSeatsSaidAt <= freeSeatsBelievedMs;
