/**
 * Waiting for a condition. A test waits for what it needs to be true and names it, so that one which never comes about
 * fails with its name and not with a comparison that came too early. Every wait is bounded.
 */
import { setTimeout as delay } from "node:timers/promises";

const betweenLooksMs = 20;

/** The first value of `look` that is not undefined or false; rejects, naming `what`, when none came in `withinMs`. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`in ${withinMs} ms it did not come about that ${what}`);
    await delay(betweenLooksMs);
  }
}
