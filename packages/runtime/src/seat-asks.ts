/**
 * A process's asks for hashing seats. The supervisor hands seats out for the whole host; while it cannot be heard, the
 * process hands itself one at a time, because losing a helper must never become an outage (nobody signs in while an ask
 * waits for a supervisor that is not there). When it is heard again, whoever still waits is asked for again.
 * Invariants: an ask is settled exactly once, and at the latest when its time is over; at most `maxWaiting` wait; the
 * process's own seat is given to one at a time.
 */
import type { Clock, UpLine } from "@cordon/model";

/** The right to hash one password now. Give it back as soon as the hash is done. */
export type SeatAnswer =
  | { readonly kind: "seat"; readonly giveBack: () => void }
  | { readonly kind: "busy"; readonly retryAfterMs: number };

export interface SeatAsksOptions {
  readonly clock: Clock;
  /** Asks that may wait at once. */
  readonly maxWaiting: number;
  /** Whether the supervisor cannot be heard. */
  readonly alone: () => boolean;
  readonly send: (line: UpLine) => void;
}

export interface SeatAsks {
  /** Never rejects, and waits at most `remainingMs`. */
  ask(queue: string, remainingMs: number): Promise<SeatAnswer>;
  granted(ask: number): void;
  refused(ask: number, retryAfterMs: number): void;
  /** The supervisor at the other end knows of no ask of ours: another connection, or another supervisor. */
  forgotten(): void;
  /** To be called whenever the supervisor may have been lost or found: asks it what it was not asked, or serves one here. */
  stir(): void;
  ownSeatFree(): boolean;
  close(): void;
}

interface Waiter {
  readonly queue: string;
  readonly until: number;
  readonly settle: (answer: SeatAnswer) => void;
  readonly timer: NodeJS.Timeout;
  sent: boolean;
}

/** The longest a timer can run; an ask that may wait longer is an ask without a deadline. */
const longestAskMs = 2 ** 31 - 1;
const closingRetryMs = 1000;

export function createSeatAsks({ clock, maxWaiting, alone, send }: SeatAsksOptions): SeatAsks {
  const waiters = new Map<number, Waiter>();
  let ownSeatTaken = false;
  let lastAsk = 0;

  const settle = (ask: number, answer: SeatAnswer): void => {
    const waiter = waiters.get(ask);
    if (waiter === undefined) return;
    waiters.delete(ask);
    clearTimeout(waiter.timer);
    waiter.settle(answer);
  };

  const askAbove = (): void => {
    for (const [ask, waiter] of waiters) {
      if (waiter.sent) continue;
      waiter.sent = true;
      const { queue } = waiter;
      send({ type: "seat-ask", ask, queue, remainingMs: Math.max(0, waiter.until - clock.now()) });
    }
  };

  /** Gives the process's own seat to whoever has waited longest. */
  const serveHere = (): void => {
    const first = waiters.keys().next();
    if (ownSeatTaken || first.done === true) return;
    ownSeatTaken = true;
    const giveBack = once(() => {
      ownSeatTaken = false;
      stir();
    });
    settle(first.value, { kind: "seat", giveBack });
  };

  const stir = (): void => {
    if (alone()) serveHere();
    else askAbove();
  };

  return {
    ask(queue, remainingMs) {
      const waitMs = Math.min(remainingMs, longestAskMs);
      if (waitMs <= 0 || waiters.size >= maxWaiting)
        return Promise.resolve({ kind: "busy", retryAfterMs: Math.max(0, waitMs) });
      return new Promise((resolve) => {
        lastAsk += 1;
        const ask = lastAsk;
        const timer = setTimeout(() => settle(ask, { kind: "busy", retryAfterMs: waitMs }), waitMs);
        waiters.set(ask, { queue, until: clock.now() + waitMs, settle: resolve, timer, sent: false });
        stir();
      });
    },
    granted(ask) {
      const giveBack = once(() => send({ type: "seat-back", ask }));
      // The asker has gone, or was served here: the seat goes straight back instead of idling through its lease.
      if (waiters.has(ask)) settle(ask, { kind: "seat", giveBack });
      else giveBack();
    },
    refused: (ask, retryAfterMs) => settle(ask, { kind: "busy", retryAfterMs }),
    forgotten() {
      for (const waiter of waiters.values()) waiter.sent = false;
    },
    stir,
    ownSeatFree: () => !ownSeatTaken,
    close() {
      for (const ask of waiters.keys()) settle(ask, { kind: "busy", retryAfterMs: closingRetryMs });
    },
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
