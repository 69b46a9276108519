/**
 * A read that must include a revision which is not there yet: it looks again, at a steady pace, until the revision has
 * come or its time is over, and then says how far behind it is. One rule for every kind of store, so that "read what I
 * wrote" means the same over a file and over a network.
 * Invariant: no more than `waitingReads` wait at once; the next one is `behind` at once.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Clock, Deadline } from "@cordon/model";
import type { Behind, Reading } from "./store.ts";

export interface RevisionWaitBounds {
  /** How often a read that waits looks again, milliseconds. */
  readonly revisionPollMs: number;
  /** Reads that may wait at once. */
  readonly waitingReads: number;
}

export type RevisionWait = (read: () => Promise<Reading | Behind>, until: Deadline) => Promise<Reading | Behind>;

export function createRevisionWait({ revisionPollMs, waitingReads }: RevisionWaitBounds, clock: Clock): RevisionWait {
  let waiting = 0;
  return async (read, until) => {
    let reading = await read();
    while (reading.kind === "behind" && clock.now() < until && waiting < waitingReads) {
      waiting += 1;
      await pause(Math.min(revisionPollMs, Math.max(0, until - clock.now())));
      waiting -= 1;
      const again = await read();
      // A last look that found no time says less than the one before it.
      if (again.kind === "unavailable" && clock.now() >= until) break;
      reading = again;
    }
    return reading;
  };
}
