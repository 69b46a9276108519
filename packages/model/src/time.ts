/**
 * Time, as every package says it. An `Instant` comes from the monotonic clock of the machine (CLOCK_MONOTONIC, the
 * same for every process on it), so that an event stamped by one process can be compared with a fault stamped by
 * another. A `WallTime` is for people and for what must survive a restart of the machine. The two never mix.
 */

/** Milliseconds on CLOCK_MONOTONIC, with a fraction. Comparable between processes of one machine, never across a reboot. */
export type Instant = number;

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type WallTime = number;

/** A moment after which a request must have ended, whatever became of it. */
export type Deadline = Instant;

/** Milliseconds left until `deadline`, never below zero. */
export const remainingMs = (deadline: Deadline, now: Instant): number => Math.max(0, deadline - now);

/** The two clocks, handed to whoever needs to know the time. Nothing in Cordon reads a clock by itself. */
export interface Clock {
  /** CLOCK_MONOTONIC in milliseconds. */
  now(): Instant;
  /** The wall clock in milliseconds since 1970. */
  wall(): WallTime;
}
