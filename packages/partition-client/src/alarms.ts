/**
 * Many alarms on one timer. Every exchange has a limit and nearly every first try a moment to hedge at, and nearly all of
 * these are taken back before they ring: so to set one and to take it back is what has to be cheap. The timer stands at
 * the earliest; it is left standing when that one is taken back, and set to the earliest that is left when it wakes for
 * nobody. In an outage every alarm rings, and then the cost of each is that of one look at those still set.
 * Invariants: none rings early, twice, or within `set`; with nothing set the timer wakes once more at most; after `close`
 * none rings and no timer runs. As many are set as there are exchanges and hedges in flight, which seats bound.
 */
import type { Clock, Instant } from "@cordon/model";
import { createBag } from "./bag.ts";

export interface Alarm {
  /** When to ring. Not changed while it is set. */
  readonly dueAt: Instant;
  ring(): void;
}

export interface Alarms {
  /** Says where it was put, to take it back. */
  set(alarm: Alarm): number;
  /** Takes it back; nothing, when it has rung. */
  cancel(alarm: Alarm, place: number): void;
  close(): void;
}

export function createAlarms(clock: Clock): Alarms {
  const alarms = createBag<Alarm>();
  let timer: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  let closed = false;

  function wakeBy(instant: Instant): void {
    if (instant >= wakesAt) return;
    clearTimeout(timer);
    wakesAt = instant;
    timer = setTimeout(wake, Math.max(0, Math.ceil(instant - clock.now())));
  }

  function wake(): void {
    wakesAt = Number.POSITIVE_INFINITY;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    alarms.forEach((alarm, place) => {
      if (alarm.dueAt > now) next = Math.min(next, alarm.dueAt);
      else {
        alarms.remove(alarm, place);
        alarm.ring();
      }
    });
    wakeBy(next);
  }

  return {
    set(alarm) {
      if (!closed) wakeBy(alarm.dueAt);
      return alarms.add(alarm);
    },
    cancel: (alarm, place) => alarms.remove(alarm, place),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
