/**
 * How long this process itself stood still. A caller that was stopped, or starved of CPU, finds every answer late when
 * it wakes; what it did not see in that time is no evidence against anybody. The judge's tick beats here: a beat that
 * comes late by more than a little is a stall of that length.
 * Invariant: the sum never falls, so that the stall during a call is the difference between two readings.
 */
import type { Instant } from "@cordon/model";

export interface StallMeter {
  /** Said on each tick. */
  beat(now: Instant): void;
  /** Milliseconds stood still since the meter was made, the beat that is late right now included. */
  totalMs(now: Instant): number;
  /** Milliseconds stood still in stalls that ended within the last `withinMs`. */
  recentMs(now: Instant, withinMs: number): number;
}

/** A beat late by less than this is the ordinary lateness of a timer. */
const ordinaryLatenessMs = 15;

export function createStallMeter(beatEveryMs: number, startedAt: Instant): StallMeter {
  let beatAt = startedAt;
  let sumMs = 0;
  let recent = { ms: 0, endedAt: Number.NEGATIVE_INFINITY };
  const lateMs = (now: Instant): number => {
    const late = now - beatAt - beatEveryMs;
    return late > ordinaryLatenessMs ? late : 0;
  };
  return {
    beat(now) {
      const late = lateMs(now);
      beatAt = now;
      if (late === 0) return;
      sumMs += late;
      // Stalls that follow one another closely add up: a call may have lived through all of them.
      const together = now - late - recent.endedAt < beatEveryMs * 4;
      recent = { ms: together ? recent.ms + late : late, endedAt: now };
    },
    totalMs: (now) => sumMs + lateMs(now),
    recentMs: (now, withinMs) => lateMs(now) + (now - recent.endedAt <= withinMs ? recent.ms : 0),
  };
}
