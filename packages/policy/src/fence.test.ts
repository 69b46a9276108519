/** Who may be killed. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { fenceGroup, isLateLook, whomToFence, type WatchedProcess } from "./fence.ts";

const settings = { silentMs: 2000, onePerMs: 10_000 };
const now = 100_000;
const beating = (name: string, partition?: string): WatchedProcess => ({
  name,
  partition,
  stopped: false,
  mute: false,
  lastBeatAt: now - 100,
});
const silent = (name: string, partition?: string): WatchedProcess => ({
  ...beating(name, partition),
  lastBeatAt: now - 2001,
});
const mute = (name: string, partition?: string): WatchedProcess => ({ ...beating(name, partition), mute: true });
const stopped = (name: string, partition?: string): WatchedProcess => ({ ...beating(name, partition), stopped: true });
const fence = (processes: WatchedProcess[], last: [string, number][] = []) =>
  whomToFence(processes, settings, new Map(last), now);

test("a stopped process is fenced as soon as it is seen", () => {
  expect(fence([stopped("p1a", "p1"), beating("p1b", "p1")])).toEqual([{ name: "p1a", because: "stopped" }]);
  expect(fence([stopped("auth"), beating("p1b", "p1")])).toEqual([{ name: "auth", because: "stopped" }]);
});

test("a silent one is fenced while its sibling and half of the others beat", () => {
  expect(fence([silent("p1a", "p1"), beating("p1b", "p1")])).toEqual([{ name: "p1a", because: "silent" }]);
  expect(fence([silent("p1a", "p1"), beating("p1b", "p1"), silent("x"), silent("y")])).toEqual([]);
  expect(fence([silent("p1a", "p1"), silent("p1b", "p1"), beating("p2a", "p2"), beating("p2b", "p2")])).toEqual([]);
});

test("one that serves no partition has no sibling: it is fenced while half of the others beat", () => {
  const partitions = [beating("p1a", "p1"), beating("p1b", "p1")];
  expect(fence([silent("fault"), ...partitions])).toEqual([{ name: "fault", because: "silent" }]);
  expect(fence([silent("fault"), silent("control"), silent("auth"), beating("p1a", "p1")])).toEqual([]);
  expect(fence([silent("fault"), ...partitions], [["fault", now - 9999]])).toEqual([]);
});

test("a look that came late sees nobody as they are", () => {
  const pace = { silentMs: 2000, checkEveryMs: 250 };
  expect(isLateLook(pace, now - 250, now)).toBe(false);
  expect(isLateLook(pace, now - 750, now)).toBe(false);
  expect(isLateLook(pace, now - 751, now)).toBe(true);
});

test("one that never spoke is fenced while half of the others beat, with or without a sibling", () => {
  expect(fence([mute("auth"), beating("p1a", "p1")])).toEqual([{ name: "auth", because: "mute" }]);
  expect(fence([mute("p1a", "p1"), silent("p1b", "p1"), beating("auth")])).toEqual([{ name: "p1a", because: "mute" }]);
  expect(fence([mute("auth"), beating("p1a", "p1"), silent("x"), silent("y")])).toEqual([]);
  expect(fence([mute("auth"), mute("mail")])).toEqual([]);
});

test("when all are silent the supervisor stood still itself, and nobody is fenced, not even the stopped", () => {
  expect(fence([silent("p1a", "p1"), { ...silent("p1b", "p1"), stopped: true }, silent("auth")])).toEqual([]);
});

test("one kill a partition at a time", () => {
  const both = [silent("p1a", "p1"), stopped("p1b", "p1"), beating("p1c", "p1"), beating("auth")];
  expect(fence(both)).toEqual([{ name: "p1b", because: "stopped" }]);
  expect(fence(both, [["p1", now - 9999]])).toEqual([]);
  expect(fence(both, [["p1", now - 10_000]])).toHaveLength(1);
});

test("over any sight of the host: who beats is never fenced, one a group at most, and somebody always beats", () => {
  const watched = fc.record({
    partition: fc.option(fc.constantFrom("p1", "p2"), { nil: undefined }),
    stopped: fc.boolean(),
    mute: fc.boolean(),
    lastBeatAt: fc.integer({ min: now - 4000, max: now }),
  });
  fc.assert(
    fc.property(fc.array(watched, { maxLength: 10 }), (seen) => {
      const processes = seen.map((one, nth) => ({ ...one, name: `n${nth}` }));
      const orders = fence(processes);
      const beats = processes.filter((one) => !one.stopped && !one.mute && now - one.lastBeatAt <= settings.silentMs);
      if (orders.length > 0) assert.isAbove(beats.length, 0);
      const fenced = processes.filter((one) => orders.some((order) => order.name === one.name));
      expect(new Set(fenced.map(fenceGroup)).size).toBe(fenced.length);
      for (const one of fenced) {
        expect(beats).not.toContain(one);
        if (!one.stopped) assert.isAtLeast(beats.length * 2, processes.length - 1);
        if (!one.stopped && !one.mute && one.partition !== undefined) {
          assert.strictEqual(
            beats.some((other) => other.partition === one.partition),
            true,
          );
        }
      }
    }),
  );
});
