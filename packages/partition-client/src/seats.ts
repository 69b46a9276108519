/**
 * The bulkhead's waiters, as promises around the pure seat book of policy/bulkhead.ts. One book stands before each
 * partition and operation, so that callers of a silent partition wait for nobody but themselves; the side without the
 * protection has one book for everything. A timer runs only while somebody waits.
 * Invariants: each ask is answered exactly once; a seat that was given is given back with `release` and no sooner than
 * its attempt has truly ended; after `close` nobody waits and no timer runs.
 */
import type { Clock, Instant } from "@cordon/model";
import {
  askBulkhead,
  createBulkhead,
  expireWaiting,
  flushWaiting,
  nextGiveUpAt,
  releaseSeat,
  takeSeat,
  withdrawWaiter,
  type BulkheadBounds,
  type BulkheadDecision,
} from "@cordon/policy";

export type SeatAnswer =
  | { readonly kind: "seated"; readonly id: number }
  | {
      readonly kind: "refused";
      readonly reason: "full" | "gave-up" | "flushed" | "withdrawn";
      readonly retryAfterMs: number;
    };

export interface Seats {
  /** A seat now, or the promise of an answer no later than `giveUpAt`. `left` ends the wait when it aborts. */
  ask(giveUpAt: Instant, left: AbortSignal | undefined, now: Instant): SeatAnswer | Promise<SeatAnswer>;
  /** A seat if one is free this moment; nobody waits for a hedge. */
  take(): number | undefined;
  release(id: number, now: Instant): void;
  /** Everybody who waits is told so at once. */
  flush(retryAfterMs: number): void;
  readonly waiting: number;
  readonly taken: number;
}

export function createSeats(bounds: BulkheadBounds, clock: Clock): Seats {
  const book = createBulkhead(bounds);
  const waiters = new Map<number, (answer: SeatAnswer) => void>();
  let nextId = 1;
  let timer: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;

  const tell = (decisions: readonly BulkheadDecision[]): void => {
    for (const decision of decisions) {
      if (decision.kind === "waiting") continue;
      const answer = waiters.get(decision.id);
      waiters.delete(decision.id);
      answer?.(decision);
    }
    if (waiters.size === 0) rest();
  };
  const rest = (): void => {
    clearTimeout(timer);
    wakesAt = Number.POSITIVE_INFINITY;
  };
  const wakeAt = (instant: Instant): void => {
    if (instant >= wakesAt) return;
    clearTimeout(timer);
    wakesAt = instant;
    timer = setTimeout(wake, Math.max(0, Math.ceil(instant - clock.now())));
  };
  function wake(): void {
    wakesAt = Number.POSITIVE_INFINITY;
    tell(expireWaiting(book, clock.now()));
    const next = nextGiveUpAt(book);
    if (next !== undefined) wakeAt(next);
  }

  const wait = (id: number, giveUpAt: Instant, left: AbortSignal | undefined): Promise<SeatAnswer> =>
    new Promise((resolve) => {
      const leave = (): void => {
        if (!withdrawWaiter(book, id)) return;
        waiters.delete(id);
        if (waiters.size === 0) rest();
        resolve({ kind: "refused", reason: "withdrawn", retryAfterMs: 0 });
      };
      waiters.set(id, (answer) => {
        left?.removeEventListener("abort", leave);
        resolve(answer);
      });
      left?.addEventListener("abort", leave, { once: true });
      wakeAt(giveUpAt);
    });

  return {
    ask(giveUpAt, left, now) {
      const id = nextId++;
      if (takeSeat(book, id)) return { kind: "seated", id };
      const decisions = askBulkhead(book, id, giveUpAt, now);
      const own = decisions.pop();
      tell(decisions);
      if (own === undefined) throw new Error("the bulkhead answers everybody who asks");
      return own.kind === "waiting" ? wait(id, own.giveUpAt, left) : own;
    },
    take() {
      const id = nextId++;
      return takeSeat(book, id) ? id : undefined;
    },
    release(id, now) {
      const decisions = releaseSeat(book, id, now);
      if (decisions.length > 0) tell(decisions);
    },
    flush: (retryAfterMs) => tell(flushWaiting(book, retryAfterMs)),
    get waiting() {
      return book.waiting.size;
    },
    get taken() {
      return book.seated.length;
    },
  };
}
