/**
 * Who of a partition's callers is served now, who waits, and who is told to come back. A shared pool let callers of
 * the silent partition of June 2014 hold every connection there was; seats for each partition apart keep the harm in
 * one place, and bounded waiting keeps a queue from growing old.
 * A seat is held until the attempt has truly ended: giving it back at a time-out while the call runs on is how ten
 * seats carry 190 calls. Invariants: seated <= seats; waiting <= `waiting`; nobody waits while a seat is free; seats
 * are given in order of arrival; each asker is seated or refused exactly once.
 * A book is changed in place: it stands on the path of every call, and copying it would cost more than deciding.
 */
import type { BulkheadSettings, Instant } from "@cordon/model";

/** `waitMs` bounds every wait, also one whose asker would wait longer. */
export interface BulkheadBounds {
  readonly seats: number;
  readonly waiting: number;
  readonly waitMs: number;
}

export interface Bulkhead {
  readonly bounds: BulkheadBounds;
  /** Ids of those who hold a seat, in no order. A list: searching a few seats costs less than a Set that never rests. */
  readonly seated: number[];
  /** Ids of those who wait, oldest first, and when each gives up. */
  readonly waiting: Map<number, Instant>;
}

export type BulkheadDecision =
  | { readonly kind: "seated"; readonly id: number }
  | { readonly kind: "waiting"; readonly id: number; readonly giveUpAt: Instant }
  | {
      readonly kind: "refused";
      readonly id: number;
      readonly reason: "full" | "gave-up" | "flushed";
      readonly retryAfterMs: number;
    };

/** Even the side without the protection may not eat the host: bounds so wide that no drill reaches them. */
export const sharedWaiting = 100_000;
export const sharedWaitMs = 600_000;

/** The bounds a setting stands for. `shared` is one book for all partitions: what the protection being off means. */
export function boundsOf(settings: BulkheadSettings): BulkheadBounds {
  switch (settings.kind) {
    case "per-partition":
      return { seats: settings.seats, waiting: settings.waiting, waitMs: settings.waitMs };
    case "shared":
      return { seats: settings.connections, waiting: sharedWaiting, waitMs: sharedWaitMs };
  }
}

export const createBulkhead = (bounds: BulkheadBounds): Bulkhead => ({
  bounds,
  seated: [],
  waiting: new Map(),
});

/** Seats `id` if a seat is free this moment: then nobody waits. An id that is seated already is a fault and throws. */
export function takeSeat(book: Bulkhead, id: number): boolean {
  const { seated } = book;
  if (seated.length >= book.bounds.seats) return false;
  if (seated.includes(id)) throw new Error(`bulkhead: ${id} has a seat already`);
  seated.push(id);
  return true;
}

/**
 * Someone asks for a seat and would wait until `giveUpAt`. The last decision is the asker's; those before it, if any,
 * refuse waiters whose time had run out. An id that is seated or waiting already is a fault of the caller and throws.
 */
export function askBulkhead(book: Bulkhead, id: number, giveUpAt: Instant, now: Instant): BulkheadDecision[] {
  if (book.seated.includes(id) || book.waiting.has(id)) throw new Error(`bulkhead: ${id} has asked already`);
  if (takeSeat(book, id)) return [{ kind: "seated", id }];
  const until = Math.min(giveUpAt, now + book.bounds.waitMs);
  if (until <= now) return [refusal(book, id, "gave-up", now)];
  const decisions = book.waiting.size < book.bounds.waiting ? [] : expireWaiting(book, now);
  if (book.waiting.size >= book.bounds.waiting) {
    decisions.push(refusal(book, id, "full", now));
    return decisions;
  }
  book.waiting.set(id, until);
  decisions.push({ kind: "waiting", id, giveUpAt: until });
  return decisions;
}

/** An attempt has truly ended. Its seat goes to the first waiter with time left. An id without a seat frees none. */
export function releaseSeat(book: Bulkhead, id: number, now: Instant): BulkheadDecision[] {
  if (!leaveSeat(book.seated, id)) return [];
  const decisions: BulkheadDecision[] = [];
  for (const [waiter, giveUpAt] of book.waiting) {
    book.waiting.delete(waiter);
    if (giveUpAt <= now) {
      decisions.push(refusal(book, waiter, "gave-up", now));
      continue;
    }
    book.seated.push(waiter);
    decisions.push({ kind: "seated", id: waiter });
    break;
  }
  return decisions;
}

function leaveSeat(seated: number[], id: number): boolean {
  const place = seated.indexOf(id);
  if (place === -1) return false;
  const last = seated.pop();
  if (last !== undefined && last !== id) seated[place] = last;
  return true;
}

/** The partition was isolated: nobody waits for it any longer. Seats stay held until their attempts have ended. */
export function flushWaiting(book: Bulkhead, retryAfterMs: number): BulkheadDecision[] {
  const decisions: BulkheadDecision[] = [];
  for (const id of book.waiting.keys()) decisions.push({ kind: "refused", id, reason: "flushed", retryAfterMs });
  book.waiting.clear();
  return decisions;
}

/** Those whose time has run out are refused. */
export function expireWaiting(book: Bulkhead, now: Instant): BulkheadDecision[] {
  const decisions: BulkheadDecision[] = [];
  for (const [id, giveUpAt] of book.waiting) {
    if (giveUpAt > now) continue;
    book.waiting.delete(id);
    decisions.push(refusal(book, id, "gave-up", now));
  }
  return decisions;
}

/** A waiter went away by itself. Nothing is said to it; false when it did not wait. */
export const withdrawWaiter = (book: Bulkhead, id: number): boolean => book.waiting.delete(id);

/** When `expireWaiting` next has something to do. */
export function nextGiveUpAt(book: Bulkhead): Instant | undefined {
  let first: Instant | undefined;
  for (const giveUpAt of book.waiting.values()) first = first === undefined ? giveUpAt : Math.min(first, giveUpAt);
  return first;
}

/** A place is free at the latest when the first waiter gives up; with nobody waiting, one wait from now. */
function refusal(book: Bulkhead, id: number, reason: "full" | "gave-up", now: Instant): BulkheadDecision {
  const untilFirst = (nextGiveUpAt(book) ?? now + book.bounds.waitMs) - now;
  return { kind: "refused", id, reason, retryAfterMs: Math.max(1, Math.min(book.bounds.waitMs, untilFirst)) };
}
