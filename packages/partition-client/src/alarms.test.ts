/** Alarms, on the fake timers of vitest: a clock that only the test moves. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Clock } from "@cordon/model";
import { createAlarms, type Alarm } from "./alarms.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function lab() {
  const startedAt = Date.now();
  const clock: Clock = { now: () => Date.now() - startedAt, wall: () => Date.now() };
  const rang: string[] = [];
  const alarm = (name: string, dueAt: number): Alarm => ({
    dueAt,
    ring: () => void rang.push(`${name} at ${clock.now()}`),
  });
  return { alarms: createAlarms(clock), alarm, rang };
}

test("each rings once, at its own time, in whatever order they were set", () => {
  const { alarms, alarm, rang } = lab();
  for (const [name, dueAt] of [["late", 300] as const, ["early", 20] as const, ["between", 40] as const])
    alarms.set(alarm(name, dueAt));
  vi.advanceTimersByTime(1000);
  expect(rang).toEqual(["early at 20", "between at 40", "late at 300"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("one that was taken back does not ring, and one that has rung takes nothing of another back", () => {
  const { alarms, alarm, rang } = lab();
  const first = alarm("first", 10);
  const place = alarms.set(first);
  alarms.cancel(first, place);
  const second = alarm("second", 20);
  alarms.set(second);
  alarms.cancel(first, place);
  vi.advanceTimersByTime(50);
  expect(rang).toEqual(["second at 20"]);
});

test("thousands that are set and taken back share one timer, and none is left when it has woken for nobody", () => {
  const { alarms, alarm, rang } = lab();
  for (let nth = 0; nth < 5000; nth++) {
    const one = alarm("one", 300 + nth);
    alarms.cancel(one, alarms.set(one));
    expect(vi.getTimerCount()).toBe(1);
  }
  vi.advanceTimersByTime(300);
  expect([rang, vi.getTimerCount()]).toEqual([[], 0]);
});

test("an alarm may set the next one as it rings", () => {
  const { alarms, alarm, rang } = lab();
  alarms.set({ dueAt: 10, ring: () => void alarms.set(alarm("next", 25)) });
  vi.advanceTimersByTime(100);
  expect(rang).toEqual(["next at 25"]);
});

test("after close none rings and no timer runs", () => {
  const { alarms, alarm, rang } = lab();
  alarms.set(alarm("one", 10));
  alarms.close();
  alarms.set(alarm("other", 20));
  vi.advanceTimersByTime(100);
  expect([rang, vi.getTimerCount()]).toEqual([[], 0]);
});
