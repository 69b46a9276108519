/** A caller's evidence about one role instance and one operation, in virtual time. */
import type { EvidenceSettings, Operation } from "@cordon/model";
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import {
  colourOf,
  createEvidence,
  forgive,
  noteCall,
  overdueCalls,
  trackedCalls,
  type CallOutcome,
  type Evidence,
} from "./evidence.ts";

const settings: EvidenceSettings = {
  canaryEveryMs: 250,
  canaryTimeoutMs: 300,
  overdueMs: { verify: 400, lookup: 200 },
  redMisses: 3,
  windowMs: 5000,
  minSamples: 20,
  redShare: 0.2,
  yellowShare: 0.1,
  greenSuccesses: 5,
  slowFactor: 4,
  hostSlowShare: 0.5,
};
const sound = { ownStallMs: 0, hostSlow: false };
let ids = 0;

const start = (evidence: Evidence, now: number): number => {
  ids++;
  noteCall(evidence, settings, { type: "started", id: ids }, now);
  return ids;
};
const end = (evidence: Evidence, id: number, outcome: CallOutcome, tookMs: number, now: number, ownStallMs = 0) =>
  noteCall(evidence, settings, { type: "ended", id, outcome, tookMs, ownStallMs }, now);
/** One whole call that ends at `now`. */
const call = (evidence: Evidence, outcome: CallOutcome, tookMs: number, now: number, ownStallMs = 0) =>
  end(evidence, start(evidence, now - tookMs), outcome, tookMs, now, ownStallMs);
const colour = (evidence: Evidence, now: number, context = sound) => colourOf(evidence, settings, now, context).colour;
const hang = (evidence: Evidence, calls: number, now: number) => {
  for (let nth = 0; nth < calls; nth++) start(evidence, now);
};

test("calls that hang turn an instance yellow with the first overdue one and red with the third", () => {
  const evidence = createEvidence("lookup");
  hang(evidence, 1, 0);
  hang(evidence, 1, 50);
  hang(evidence, 1, 100);
  expect([200, 201, 251, 300, 301].map((now) => colour(evidence, now))).toEqual([
    "green",
    "yellow",
    "yellow",
    "yellow",
    "red",
  ]);
});

test("overdue calls and misses are counted together, and each call only once", () => {
  const evidence = createEvidence("lookup");
  const first = start(evidence, 0);
  hang(evidence, 2, 10);
  end(evidence, first, "miss", 205, 205);
  expect(colourOf(evidence, settings, 211, sound)).toMatchObject({ colour: "red", overdue: 2, misses: 1 });
});

test("refused connections count like misses", () => {
  const evidence = createEvidence("lookup");
  for (const now of [1, 2, 3]) call(evidence, "broken", 1, now, 5);
  expect(colour(evidence, 3)).toBe("red");
});

test("an older call is not overdue once a later one was answered", () => {
  const evidence = createEvidence("lookup");
  hang(evidence, 3, 0);
  call(evidence, "ok", 10, 150);
  expect(overdueCalls(evidence, settings, 1000, 0)).toBe(0);
  expect(colour(evidence, 1000)).toBe("green");
});

test("an answer to a call that began earlier does not excuse the ones that hang since", () => {
  const evidence = createEvidence("lookup");
  const slow = start(evidence, 0);
  hang(evidence, 3, 50);
  end(evidence, slow, "ok", 240, 240);
  expect(colour(evidence, 251)).toBe("red");
});

test("push-back shows life: an instance that only says it is busy is never red", () => {
  const evidence = createEvidence("verify");
  for (let now = 0; now < 10_000; now += 10) call(evidence, "busy", 2, now);
  hang(evidence, 2, 10_000);
  call(evidence, "busy", 2, 10_500);
  expect(colour(evidence, 10_500)).toBe("green");
});

test("three in ten exchanges hanging turns an instance red although its answers keep coming", () => {
  const evidence = createEvidence("lookup");
  let red: number | undefined;
  for (let nth = 0; nth < 60 && red === undefined; nth++) {
    const now = 1000 + nth * 40;
    const hangs = [2, 5, 8].includes(nth % 10);
    call(evidence, hangs ? "miss" : "ok", hangs ? 300 : 5, now);
    if (colour(evidence, now) === "red") red = nth + 1;
  }
  expect(red).toBe(settings.minSamples);
});

test("red stands until enough successes in a row, and the bad window is then forgotten", () => {
  const evidence = createEvidence("lookup");
  for (const now of [300, 310, 320]) call(evidence, "miss", 300, now);
  expect(colour(evidence, 320)).toBe("red");
  for (const now of [400, 410, 420, 430]) call(evidence, "ok", 5, now);
  call(evidence, "busy", 5, 435);
  call(evidence, "miss", 300, 440);
  for (const now of [450, 460, 470, 480]) call(evidence, "ok", 5, now);
  expect(colour(evidence, 480)).toBe("red");
  call(evidence, "ok", 5, 490);
  expect(colourOf(evidence, settings, 490, sound)).toEqual({
    colour: "green",
    overdue: 0,
    misses: 0,
    samples: 0,
    badShare: 0,
  });
});

test("a red does not fade by silence", () => {
  const evidence = createEvidence("verify");
  hang(evidence, 3, 0);
  expect(colour(evidence, 500)).toBe("red");
  expect(colour(evidence, 500_000_000)).toBe("red");
});

test("misses far apart are no row", () => {
  const evidence = createEvidence("lookup");
  for (const now of [0, 6000, 12_000, 18_000]) call(evidence, "miss", 300, now);
  expect(colour(evidence, 18_000)).toBe("green");
});

test("cancelled calls are no evidence", () => {
  const evidence = createEvidence("lookup");
  for (let nth = 0; nth < 50; nth++) call(evidence, "cancelled", 250, nth);
  expect(colourOf(evidence, settings, 60, sound)).toMatchObject({ colour: "green", samples: 0 });
});

test("a caller that stood still blames nobody", () => {
  const evidence = createEvidence("lookup");
  hang(evidence, 5, 0);
  expect(colour(evidence, 1100, { ownStallMs: 1000, hostSlow: false })).toBe("green");
  for (let nth = 0; nth < 5; nth++) call(evidence, "miss", 1100, 1100 + nth, 1000);
  expect(colourOf(evidence, settings, 1110, { ownStallMs: 1000, hostSlow: false })).toMatchObject({ misses: 0 });
});

test("a small stall of the caller does not excuse an instance that hangs", () => {
  const evidence = createEvidence("lookup");
  for (const now of [300, 310, 320]) call(evidence, "miss", 300, now, 20);
  expect(colour(evidence, 320)).toBe("red");
});

test("on a slow host nobody turns red newly, and a red that stood before goes on", () => {
  const evidence = createEvidence("lookup");
  hang(evidence, 5, 0);
  expect(colour(evidence, 1000, { ownStallMs: 0, hostSlow: true })).toBe("yellow");
  expect(colour(evidence, 1001)).toBe("red");
  expect(colour(evidence, 1002, { ownStallMs: 0, hostSlow: true })).toBe("red");
});

test("answers far slower than usual make yellow, never red; on a slow host they make nothing", () => {
  const evidence = createEvidence("lookup");
  for (let now = 0; now < 4000; now += 10) call(evidence, "ok", 5, now);
  for (let now = 4000; now < 7000; now += 10) call(evidence, "ok", 100, now);
  expect(colour(evidence, 7000)).toBe("yellow");
  expect(colour(evidence, 7000, { ownStallMs: 0, hostSlow: true })).toBe("green");
});

test("forgiven, an instance is judged by what it does from then on", () => {
  const evidence = createEvidence("verify");
  hang(evidence, 8, 0);
  expect(colour(evidence, 500)).toBe("red");
  forgive(evidence, 600);
  expect(colour(evidence, 900)).toBe("green");
  hang(evidence, 3, 700);
  expect(colour(evidence, 1101)).toBe("red");
});

test("what is kept does not grow: 100,000 calls leave ten counters and at most the followed calls in flight", () => {
  const evidence = createEvidence("lookup");
  for (let now = 0; now < 100_000; now++) call(evidence, now % 3 === 0 ? "miss" : "ok", 5, now);
  expect([evidence.slots.length, evidence.inFlight.ids.length]).toEqual([10, 0]);
  hang(evidence, trackedCalls + 500, 100_000);
  expect(evidence.inFlight.ids.length).toBe(trackedCalls);
});

const outcomes = fc.constantFrom<CallOutcome>("ok", "miss", "busy", "broken", "cancelled");
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("start" as const), afterMs: fc.nat({ max: 300 }) }),
    fc.record({ do: fc.constant("end" as const), afterMs: fc.nat({ max: 300 }), outcome: outcomes, which: fc.nat() }),
  ),
  { maxLength: 150 },
);

type Script = typeof steps extends fc.Arbitrary<infer S> ? S : never;

/** Plays steps; `seen` is told of every judgement. */
function play(
  operation: Operation,
  script: Script,
  seen: (now: number, evidence: Evidence, outcome: CallOutcome | undefined) => void,
) {
  const evidence = createEvidence(operation);
  const running: { id: number; beganAt: number }[] = [];
  let now = 0;
  for (const step of script) {
    now += step.afterMs;
    if (step.do === "start") running.push({ id: start(evidence, now), beganAt: now });
    else {
      const [one] = running.splice(step.which % Math.max(1, running.length), 1);
      if (one === undefined) continue;
      end(evidence, one.id, step.outcome, now - one.beganAt, now);
    }
    seen(now, evidence, step.do === "end" ? step.outcome : undefined);
  }
}

test("over any history of writes nothing is held against the instance", () => {
  fc.assert(
    fc.property(steps, (script) => {
      play("write", script, (now, evidence) =>
        expect(colourOf(evidence, settings, now, sound)).toEqual({
          colour: "green",
          overdue: 0,
          misses: 0,
          samples: 0,
          badShare: 0,
        }),
      );
    }),
  );
});

test("over any history without misses, breaks and calls in flight too long, nobody is red", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const kind = script.map((step) =>
        step.do === "end" && (step.outcome === "miss" || step.outcome === "broken")
          ? { ...step, outcome: "busy" as const }
          : step,
      );
      play("lookup", kind, (now, evidence) => {
        if (overdueCalls(evidence, settings, now, 0) === 0) assert.notStrictEqual(colour(evidence, now), "red");
      });
    }),
  );
});

test("over any history a red ends only with the required successes in a row", () => {
  fc.assert(
    fc.property(steps, (script) => {
      let red = false;
      let row = 0;
      play("lookup", script, (now, evidence, outcome) => {
        if (outcome === "ok") row++;
        if (outcome === "miss" || outcome === "broken") row = 0;
        const isRed = colour(evidence, now) === "red";
        if (red && !isRed) assert.isAtLeast(row, settings.greenSuccesses);
        if (!red && isRed) row = 0;
        red = isRed;
      });
    }),
  );
});

test("a caller's own stall never makes a colour worse", () => {
  const rank = { green: 0, yellow: 1, red: 2 };
  fc.assert(
    fc.property(steps, fc.nat({ max: 2000 }), (script, ownStallMs) => {
      play("lookup", script, (now, evidence) => {
        const excused = colour(structuredClone(evidence), now, { ownStallMs, hostSlow: false });
        expect(rank[excused]).toBeLessThanOrEqual(rank[colour(structuredClone(evidence), now)]);
      });
    }),
    { numRuns: 30 },
  );
});
