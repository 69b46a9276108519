/**
 * The generator watches itself: how late it was, and how much of its one core it used. A generator that is late, or has no
 * core left, measures itself, and what it says of the service is worth nothing.
 */
import { percentileOf } from "@cordon/measure";
import type { Clock } from "@cordon/model";
import { othersShareOf, readCores } from "@cordon/runtime";

export interface OwnFigures {
  /** p99 of its lateness, milliseconds; null before it was ever due. */
  readonly lagP99Ms: number | null;
  /** Share of one core that its thread used, 0..1. */
  readonly coreShare: number;
  /** Share of all cores that other processes than the generator used, the loaded service among them; null: the machine does not tell. */
  readonly othersShare: number | null;
}

export interface OwnWatch extends Disposable {
  /** Something fell due, and was begun so much later. */
  late(ms: number): void;
  figures(): OwnFigures;
}

/** Watches until its scope ends. `wakeEveryMs`: a timer of that period is its lateness; null: what is told is. */
export function watchOwn(clock: Clock, wakeEveryMs: number | null): OwnWatch {
  const begunAt = clock.now();
  const before = process.threadCpuUsage();
  const self = [{ pid: process.pid }];
  const cores = readCores(self, begunAt);
  const lags: number[] = [];
  const timer = wakeEveryMs === null ? undefined : wakes(clock, wakeEveryMs, lags);
  return {
    late: (ms) => void lags.push(Math.max(0, ms)),
    figures() {
      const { user, system } = process.threadCpuUsage(before);
      const elapsedMs = clock.now() - begunAt;
      return {
        lagP99Ms: percentileOf(lags, 0.99, 1),
        othersShare: othersShareOf(cores, readCores(self, clock.now())) ?? null,
        coreShare: elapsedMs <= 0 ? 0 : Math.min(1, (user + system) / 1_000 / elapsedMs),
      };
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function wakes(clock: Clock, everyMs: number, lags: number[]): NodeJS.Timeout {
  let due = clock.now() + everyMs;
  return setInterval(() => {
    const now = clock.now();
    lags.push(Math.max(0, now - due));
    due = now + everyMs;
  }, everyMs);
}
