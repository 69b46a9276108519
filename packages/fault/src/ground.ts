/**
 * Time as this package is handed it: a clock to read and a way to be called later. Nothing else of the fault
 * proxies touches a timer, so that a delay, a reset and a lease can be driven by hand in a test.
 */
import type { Clock } from "@cordon/model";

export interface Ground {
  readonly clock: Clock;
  /** Calls `then` once, `ms` milliseconds from now or a little later; the returned function calls it off. */
  after(ms: number, then: () => void): () => void;
}

/** A timer of Node holds no more, and fires at once when it is told more. */
const longestTimerMs = 2_147_483_647;

export const systemGround = (clock: Clock): Ground => ({
  clock,
  after(ms, then) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const further = (): void => wait(leftMs - longestTimerMs);
      // Node cuts fractions off: rounding up keeps a timer from firing before its time.
      if (leftMs > longestTimerMs) timer = setTimeout(further, longestTimerMs);
      else timer = setTimeout(then, Math.ceil(leftMs));
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
});
