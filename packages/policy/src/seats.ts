/**
 * Who on this host may hash a password now. Argon2 is bound by cores and memory, and a hash that was begun cannot be
 * recalled: eight processes each keeping to "as many as there are cores" are sixteen at once on two of them. So the
 * seats are the host's, handed out on leases, and a storm of sign-ins on one partition (June 2014, everybody coming
 * back at once) waits in that partition's own queue, which is served in turn with the others.
 * A holder that let a lease run out may be frozen: it is passed over until it gives that seat back. Else every ask that
 * waited when it froze would have a seat idle through another lease, and the users of all partitions wait for it.
 * Invariants: granted <= seats; nobody else waits while a seat is free; of one queue, those who are not passed over are
 * served in order of arrival, and after at most one grant to each other queue; a seat is freed once, whoever gives it
 * back, lets its lease run out or is gone; an ask is granted, refused or withdrawn exactly once. The book is changed in
 * place.
 */
import type { Instant, ProcessName, SeatSettings } from "@cordon/model";

/** An ask is known by its holder's name and a number of the holder's own. */
export interface SeatAsk {
  readonly holder: ProcessName;
  readonly ask: number;
}

export type SeatDecision =
  | { readonly kind: "seat"; readonly to: SeatAsk; readonly leaseMs: number; readonly free: number }
  | {
      readonly kind: "no-seat";
      readonly to: SeatAsk;
      readonly reason: "full" | "gave-up";
      readonly retryAfterMs: number;
    };

interface Waiter {
  readonly ask: SeatAsk;
  readonly giveUpAt: Instant;
}

export interface SeatBook {
  readonly settings: SeatSettings;
  /** Key of an ask -> who has the seat, and when its lease runs out. */
  readonly leases: Map<string, { readonly holder: ProcessName; readonly until: Instant }>;
  /** Holder -> keys of its asks whose lease ran out, and whose seat it has not given back since. */
  readonly lapsed: Map<ProcessName, Set<string>>;
  /** Queues in which somebody waits, the one to be served next first; in each, by key, oldest first. */
  readonly queues: Map<string, Map<string, Waiter>>;
}

export const createSeatBook = (settings: SeatSettings): SeatBook => ({
  settings,
  leases: new Map(),
  lapsed: new Map(),
  queues: new Map(),
});

export const freeSeats = (book: SeatBook): number => book.settings.seats - book.leases.size;

/**
 * Someone asks for a seat in `queue` and is served until `giveUpAt`. No decision about it means that it waits. An ask
 * that is known already is a fault of the holder; it is not taken down twice.
 */
export function askSeat(book: SeatBook, ask: SeatAsk, queue: string, giveUpAt: Instant, now: Instant): SeatDecision[] {
  const key = keyOf(ask);
  if (book.leases.has(key) || [...book.queues.values()].some((waiters) => waiters.has(key))) return [];
  const decisions = expireSeats(book, now);
  if (giveUpAt <= now) return [...decisions, noSeat(book, ask, "gave-up", now)];
  const waiters = book.queues.get(queue) ?? new Map<string, Waiter>();
  const mustWait = freeSeats(book) <= 0 || book.lapsed.has(ask.holder);
  if (mustWait && waiters.size >= book.settings.waiting) {
    return [...decisions, noSeat(book, ask, "full", now)];
  }
  waiters.set(key, { ask, giveUpAt });
  book.queues.set(queue, waiters);
  return [...decisions, ...serve(book, now)];
}

/** The holder has done with its seat, or no longer waits for one. What it never had, or lost already, frees nothing. */
export function giveBackSeat(book: SeatBook, ask: SeatAsk, now: Instant): SeatDecision[] {
  const key = keyOf(ask);
  if (!book.leases.delete(key) && !endLapse(book, ask.holder, key))
    for (const waiters of book.queues.values()) waiters.delete(key);
  return serve(book, now);
}

/** Whether the holder still had that seat to give back, its lease being over. */
function endLapse({ lapsed }: SeatBook, holder: ProcessName, key: string): boolean {
  const keys = lapsed.get(holder);
  const was = keys?.delete(key) ?? false;
  if (keys?.size === 0) lapsed.delete(holder);
  return was;
}

/** The holder is gone: its seats are free, and it waits for none. */
export function disconnectHolder(book: SeatBook, holder: ProcessName, now: Instant): SeatDecision[] {
  for (const [key, lease] of book.leases) if (lease.holder === holder) book.leases.delete(key);
  book.lapsed.delete(holder);
  for (const waiters of book.queues.values()) {
    for (const [key, waiter] of waiters) if (waiter.ask.holder === holder) waiters.delete(key);
  }
  return serve(book, now);
}

/** Leases that have run out are taken back, and waiters whose time is up are refused. */
export function expireSeats(book: SeatBook, now: Instant): SeatDecision[] {
  for (const [key, { holder, until }] of book.leases) {
    if (until > now) continue;
    book.leases.delete(key);
    book.lapsed.set(holder, (book.lapsed.get(holder) ?? new Set()).add(key));
  }
  const decisions: SeatDecision[] = [];
  for (const waiters of book.queues.values()) {
    for (const [key, waiter] of waiters) {
      if (waiter.giveUpAt > now) continue;
      waiters.delete(key);
      decisions.push(noSeat(book, waiter.ask, "gave-up", now));
    }
  }
  return [...decisions, ...serve(book, now)];
}

/** When `expireSeats` next has something to do. */
export function nextSeatExpiry(book: SeatBook): Instant | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const lease of book.leases.values()) first = Math.min(first, lease.until);
  for (const waiters of book.queues.values())
    for (const { giveUpAt } of waiters.values()) first = Math.min(first, giveUpAt);
  return first === Number.POSITIVE_INFINITY ? undefined : first;
}

/** Free seats go to the queues in turn: a queue that was served goes to the end, one that is empty is gone. */
function serve(book: SeatBook, now: Instant): SeatDecision[] {
  const decisions: SeatDecision[] = [];
  for (const [queue, waiters] of book.queues) if (waiters.size === 0) book.queues.delete(queue);
  while (freeSeats(book) > 0) {
    const turn = nextTurn(book);
    if (turn === undefined) break;
    const { queue, waiters, key, waiter } = turn;
    waiters.delete(key);
    if (waiters.size === 0) book.queues.delete(queue);
    if (waiter.giveUpAt <= now) {
      decisions.push(noSeat(book, waiter.ask, "gave-up", now)); // and its queue still has its turn
      continue;
    }
    book.leases.set(key, { holder: waiter.ask.holder, until: now + book.settings.leaseMs });
    decisions.push({ kind: "seat", to: waiter.ask, leaseMs: book.settings.leaseMs, free: freeSeats(book) });
    if (book.queues.delete(queue)) book.queues.set(queue, waiters);
  }
  return decisions;
}

/** Who is next: the oldest who is not passed over, in the first queue that has such a one. */
function nextTurn({ queues, lapsed }: SeatBook) {
  for (const [queue, waiters] of queues)
    for (const [key, waiter] of waiters) if (!lapsed.has(waiter.ask.holder)) return { queue, waiters, key, waiter };
  return undefined;
}

const keyOf = ({ holder, ask }: SeatAsk): string => `${holder}/${ask}`;

/** A seat is free again at the latest when the first lease runs out. */
function noSeat(book: SeatBook, to: SeatAsk, reason: "full" | "gave-up", now: Instant): SeatDecision {
  let first = now + book.settings.leaseMs;
  for (const lease of book.leases.values()) first = Math.min(first, lease.until);
  return { kind: "no-seat", to, reason, retryAfterMs: Math.max(1, first - now) };
}
