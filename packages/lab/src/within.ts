/**
 * Waiting for something that another process does: looked at now and then, for a bounded time, since no process says when
 * it has died to whoever is not its parent.
 */
import { setTimeout as delay } from "node:timers/promises";

const betweenLooksMs = 20;

/** Whether `isTrue` came true within `ms`. */
export async function within(ms: number, isTrue: () => boolean): Promise<boolean> {
  const end = performance.now() + ms;
  while (!isTrue()) {
    if (performance.now() > end) return false;
    await delay(betweenLooksMs);
  }
  return true;
}
