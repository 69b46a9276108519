/** When a partition is failed over, in virtual time. */
import type { Colour } from "@cordon/model";
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { noFailovers, stepFailover, type FailoverDecision, type FailoverEvent, type Failovers } from "./failover.ts";

const settings = { redForMs: 5000, onePerMs: 60_000 };
const judged = (partition: string, colour: Colour, changes: Partial<Extract<FailoverEvent, { type: "judged" }>> = {}) =>
  ({
    type: "judged",
    caller: "auth",
    partition,
    operation: "verify",
    colour,
    suspectsItself: false,
    ...changes,
  }) as const;
const nothing: FailoverDecision = { do: "nothing" };
const byEvidence = (partition: string) => ({ do: "failover", partition, because: "evidence" });
const tick = { type: "tick" } as const;

/** Plays events at their times and gives back every decision. */
function play(events: readonly (readonly [number, FailoverEvent])[], given: typeof settings | "off" = settings) {
  let failovers: Failovers = noFailovers;
  return events.map(([now, event]) => {
    const step = stepFailover(failovers, given, event, now);
    ({ failovers } = step);
    return step.decision;
  });
}

test("a partition red for long enough without a break is failed over, once", () => {
  expect(
    play([
      [0, judged("p3", "red")],
      [3000, judged("p3", "red")],
      [4999, tick],
      [5000, tick],
      [5001, tick],
    ]),
  ).toEqual([nothing, nothing, nothing, byEvidence("p3"), nothing]);
});

test.each([
  ["a break", judged("p3", "yellow")],
  ["a caller that doubts itself", judged("p3", "red", { suspectsItself: true })],
  ["a caller that is gone", { type: "caller-gone", caller: "auth" }],
] as const)("%s makes the time begin anew", (_, interruption) => {
  expect(
    play([
      [0, judged("p3", "red")],
      [4000, interruption],
      [4001, judged("p3", "red")],
      [9000, tick],
      [9001, tick],
    ]).slice(-2),
  ).toEqual([nothing, byEvidence("p3")]);
});

test("a red of writes is no evidence", () => {
  expect(
    play([
      [0, judged("p3", "red", { operation: "write" })],
      [9000, tick],
    ]),
  ).toEqual([nothing, nothing]);
});

test("one partition at a time, the longest red first", () => {
  expect(
    play([
      [0, judged("p3", "red")],
      [10, judged("p2", "red")],
      [6000, tick],
      [6001, tick],
      [7000, { type: "ended" }],
    ]),
  ).toEqual([nothing, nothing, byEvidence("p3"), nothing, byEvidence("p2")]);
});

test("the same partition is not failed over again within its spacing, and its old red does not count", () => {
  expect(
    play([
      [0, judged("p3", "red")],
      [5000, tick],
      [6000, { type: "ended" }],
      [6001, judged("p3", "red")],
      [64_999, tick],
      [65_000, tick],
    ]).slice(-2),
  ).toEqual([nothing, byEvidence("p3")]);
});

test("the operator's order is carried out at once, also with failover off, but never beside another", () => {
  const operator = (partition: string) => ({ do: "failover", partition, because: "operator" });
  expect(
    play(
      [
        [0, judged("p3", "red")],
        [9000, tick],
        [9001, { type: "ordered", partition: "p3" }],
        [9002, { type: "ordered", partition: "p1" }],
        [9003, { type: "ordered", partition: "p1" }],
        [9500, { type: "ended" }],
        [9600, { type: "ended" }],
      ],
      "off",
    ),
  ).toEqual([nothing, nothing, operator("p3"), nothing, nothing, operator("p1"), nothing]);
});

const events = fc.array(
  fc.tuple(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          type: fc.constant("judged" as const),
          caller: fc.constantFrom("auth", "mail"),
          partition: fc.constantFrom("p1", "p2"),
          operation: fc.constantFrom("verify" as const, "lookup" as const, "write" as const),
          colour: fc.constantFrom<Colour>("red", "red", "red", "green"),
          suspectsItself: fc.constantFrom(false, false, false, true),
        }),
      },
      fc.record({ type: fc.constant("ordered" as const), partition: fc.constantFrom("p1", "p2") }),
      { weight: 2, arbitrary: fc.constant({ type: "ended" as const }) },
      fc.constant({ type: "caller-gone" as const, caller: "mail" }),
      { weight: 3, arbitrary: fc.constant(tick) },
    ),
    fc.nat({ max: 4000 }),
  ),
  { maxLength: 100 },
);

test("over any history: one at a time, spaced by evidence, and only on a red that stood long enough", () => {
  fc.assert(
    fc.property(events, (history) => {
      let failovers: Failovers = noFailovers;
      let now = 0;
      let underWay: string | undefined;
      const startedAt = new Map<string, number>();
      const redSince = new Map<string, number>(); // the reference: caller partition operation -> unbroken red since
      for (const [event, afterMs] of history) {
        now += afterMs;
        if (event.type === "judged") {
          const key = `${event.partition} ${event.caller} ${event.operation}`;
          const red = event.colour === "red" && !event.suspectsItself && event.operation !== "write";
          if (!red) redSince.delete(key);
          else if (!redSince.has(key)) redSince.set(key, now);
        }
        if (event.type === "caller-gone")
          for (const key of redSince.keys()) if (key.includes(event.caller)) redSince.delete(key);
        if (event.type === "ended") {
          for (const key of redSince.keys())
            if (underWay !== undefined && key.startsWith(underWay)) redSince.delete(key);
          underWay = undefined;
        }
        const step = stepFailover(failovers, settings, event, now);
        ({ failovers } = step);
        const due = [...redSince].filter(([key, since]) => {
          const last = startedAt.get(key.slice(0, 2));
          return now - since >= settings.redForMs && (last === undefined || now - last >= settings.onePerMs);
        });
        if (step.decision.do === "nothing") {
          if (underWay === undefined) assert.deepEqual(due, []);
          continue;
        }
        expect(underWay).toBeUndefined();
        const { partition } = step.decision;
        if (step.decision.because === "evidence")
          assert.strictEqual(
            due.some(([key]) => key.startsWith(partition)),
            true,
          );
        underWay = partition;
        startedAt.set(partition, now);
      }
    }),
  );
});
