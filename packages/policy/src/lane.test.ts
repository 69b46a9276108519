/** One partition's mail lane, in virtual time. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import { flowing, lanePermits, rampSum, stepLane, type Lane, type LaneEvent } from "./lane.ts";

const ramp = { startPerSecond: 10, doubleMs: 500 };
const evidence = { type: "isolate", by: "evidence" } as const;
const back = { type: "rejoin", by: "evidence" } as const;

test("an isolated lane starts nothing, a flowing one as many as it has slots", () => {
  const isolated = stepLane(flowing, ramp, evidence, 5);
  expect(isolated).toEqual({ state: "isolated", since: 5, by: "evidence" });
  expect([lanePermits(isolated, ramp, 8, 0, 1e9), lanePermits(flowing, ramp, 8, 3, 0)]).toEqual([0, 5]);
});

test("a draining lane begins with one and doubles its rate", () => {
  const draining = stepLane(stepLane(flowing, ramp, evidence, 0), ramp, back, 1000);
  expect(draining).toEqual({ state: "draining", since: 1000, started: 0 });
  expect([1000, 1500, 2000, 3000].map((now) => lanePermits(draining, ramp, 1000, 0, now))).toEqual([1, 8, 22, 109]);
  const later = stepLane(draining, ramp, { type: "started", deliveries: 8 }, 1500);
  expect(lanePermits(later, ramp, 1000, 0, 1500)).toBe(0);
});

test("it flows again when the backlog is gone, or when the ramp has become moot", () => {
  const draining: Lane = { state: "draining", since: 0, started: 40 };
  expect(stepLane(draining, ramp, { type: "tick", queued: 9 }, 3000)).toEqual(draining);
  expect(stepLane(draining, ramp, { type: "tick", queued: 0 }, 3000)).toEqual(flowing);
  expect(stepLane(draining, ramp, { type: "tick", queued: 9 }, 3500)).toEqual(flowing);
});

test("with the ramp off everything is let go at once", () => {
  expect(stepLane(stepLane(flowing, "off", evidence, 0), "off", back, 1)).toEqual(flowing);
});

test("what the operator isolated, evidence does not let go; what evidence isolated, the operator may", () => {
  const held = stepLane(stepLane(flowing, ramp, evidence, 0), ramp, { type: "isolate", by: "operator" }, 9);
  expect(held).toEqual({ state: "isolated", since: 0, by: "operator" });
  expect(stepLane(held, ramp, back, 10)).toEqual(held);
  expect(stepLane(held, ramp, { type: "rejoin", by: "operator" }, 10).state).toBe("draining");
  expect(stepLane(stepLane(flowing, ramp, evidence, 0), ramp, { type: "rejoin", by: "operator" }, 1).state).toBe(
    "draining",
  );
});

const hands = fc.constantFrom("evidence" as const, "operator" as const);
const moves = fc.array(
  fc.tuple(
    fc.oneof(
      fc.record({ type: fc.constant("isolate" as const), by: hands }),
      { weight: 2, arbitrary: fc.record({ type: fc.constant("rejoin" as const), by: hands }) },
      { weight: 6, arbitrary: fc.constant({ type: "deliver" as const }) },
      fc.record({ type: fc.constant("tick" as const), queued: fc.nat({ max: 3 }) }),
    ),
    fc.nat({ max: 400 }),
  ),
  { maxLength: 100 },
);

test("over any history the lane is in the state a plain table says, and never starts more than it may", () => {
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 20 }), (history, slots) => {
      let lane = flowing;
      let now = 0;
      // The reference: who holds it, and what was started since draining began.
      let held: "nobody" | "evidence" | "operator" = "nobody";
      let drainingSince: number | undefined;
      let started = 0;
      for (const [what, afterMs] of history) {
        now += afterMs;
        if (what.type === "deliver") {
          const deliveries = lanePermits(lane, ramp, slots, 0, now);
          assert.isAtMost(deliveries, slots);
          if (held !== "nobody") assert.strictEqual(deliveries, 0);
          lane = stepLane(lane, ramp, { type: "started", deliveries }, now);
          started += deliveries;
          if (drainingSince !== undefined) assert.isAtMost(started, rampSum(ramp, now - drainingSince));
          continue;
        }
        const event: LaneEvent = what;
        lane = stepLane(lane, ramp, event, now);
        if (event.type === "isolate") {
          held = held === "operator" ? "operator" : event.by;
          drainingSince = undefined;
        } else if (event.type === "rejoin" && held !== "nobody" && !(held === "operator" && event.by === "evidence")) {
          held = "nobody";
          drainingSince = now;
          started = 0;
        } else if (event.type === "tick" && drainingSince !== undefined) {
          const doublings = (now - drainingSince) / ramp.doubleMs;
          if (event.queued === 0 || ramp.startPerSecond * 2 ** doublings >= 1000) drainingSince = undefined;
        }
        expect(lane.state).toBe(held !== "nobody" ? "isolated" : drainingSince !== undefined ? "draining" : "flowing");
        if (lane.state === "isolated") assert.strictEqual(lane.by, held);
      }
    }),
  );
});
