/** Being called later, by the system's own timers. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemGround } from "./ground.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const dayMs = 86_400_000;
const ground = systemGround({ now: () => 0, wall: () => 0 });

test("a wait that is longer than a timer of Node's is waited for to its end, and not over at once", () => {
  const then = vi.fn<() => void>();
  ground.after(60 * dayMs, then);
  vi.advanceTimersByTime(60 * dayMs - 1);
  expect(then).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(then).toHaveBeenCalledTimes(1);
});

test("a long wait can be called off in any part of it", () => {
  const then = vi.fn<() => void>();
  const callOff = ground.after(60 * dayMs, then);
  vi.advanceTimersByTime(40 * dayMs);
  callOff();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60 * dayMs);
  expect(then).not.toHaveBeenCalled();
});
