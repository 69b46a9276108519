/** The breaker's shell, in virtual time. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import {
  askBreaker,
  closedBreaker,
  isBreakerOpen,
  stepBreaker,
  type Breaker,
  type BreakerAnswer,
  type BreakerEvent,
} from "./breaker.ts";

const settings = { consecutiveMisses: 3, openMs: 1000, probes: 2, probeLeaseMs: 200 };
const step = (breaker: Breaker, event: BreakerEvent, now: number) => stepBreaker(breaker, settings, event, now);
const outcome = (breaker: Breaker, call: number, what: "ok" | "miss" | "neutral"): BreakerEvent => ({
  type: "ended",
  generation: breaker.generation,
  call,
  outcome: what,
});
function misses(now: number): Breaker {
  let breaker: Breaker = closedBreaker;
  for (let call = 0; call < 3; call++) ({ breaker } = step(breaker, outcome(breaker, call, "miss"), now));
  return breaker;
}
function ask(breaker: Breaker, call: number, now: number, kind: BreakerAnswer["kind"]): Breaker {
  const asked = askBreaker(breaker, settings, call, now);
  expect(asked.answer.kind).toBe(kind);
  return asked.breaker;
}

test("a row of deadline misses opens it at once, a success in between does not let it", () => {
  let breaker: Breaker = closedBreaker;
  for (const what of ["miss", "miss", "ok", "miss", "neutral", "miss"] as const) {
    ({ breaker } = step(breaker, outcome(breaker, 1, what), 5));
  }
  expect(breaker).toEqual({ state: "closed", generation: 0, missesInRow: 2 });
  expect(step(breaker, outcome(breaker, 1, "miss"), 9)).toEqual({
    breaker: { state: "open", generation: 1, since: 9 },
    command: "open",
  });
});

test("while it is open nothing passes, and the refusal says when to come back", () => {
  expect(askBreaker(misses(100), settings, 9, 300).answer).toEqual({ kind: "refused", retryAfterMs: 800 });
  expect(isBreakerOpen(misses(100), settings, 1099)).toBe(true);
  expect(isBreakerOpen(misses(100), settings, 1100)).toBe(false);
});

test("when it is due it lets `probes` calls through, and closes when all have succeeded", () => {
  let breaker = ask(ask(misses(0), 1, 1000, "pass"), 2, 1000, "pass");
  breaker = ask(breaker, 3, 1001, "refused");
  ({ breaker } = step(breaker, outcome(breaker, 1, "ok"), 1010));
  breaker = ask(breaker, 4, 1011, "refused");
  expect(step(breaker, outcome(breaker, 2, "ok"), 1020)).toEqual({
    breaker: { state: "closed", generation: 2, missesInRow: 0 },
    command: "close",
  });
});

test("a failed probe opens it again, and its companion's late success does not close it", () => {
  const half = ask(ask(misses(0), 1, 1000, "pass"), 2, 1000, "pass");
  const { breaker } = step(half, outcome(half, 1, "miss"), 1010);
  expect(breaker).toEqual({ state: "open", generation: 2, since: 1010 });
  expect(step(breaker, outcome(half, 2, "ok"), 1020).breaker).toEqual(breaker);
});

test("a probe that hangs does not wedge it: its expired lease is a failure", () => {
  const half = ask(misses(0), 1, 1000, "pass");
  ask(half, 2, 1199, "pass");
  expect(ask(half, 2, 1200, "refused")).toEqual({ state: "open", generation: 2, since: 1200 });
});

test("push-back gives a probe's place to another and proves nothing", () => {
  let breaker = ask(ask(misses(0), 1, 1000, "pass"), 2, 1000, "pass");
  ({ breaker } = step(breaker, outcome(breaker, 1, "neutral"), 1010));
  expect(ask(breaker, 3, 1011, "pass")).toMatchObject({ state: "half-open", successes: 0 });
});

test("a call from before the trip neither closes nor fails a half-open breaker", () => {
  const half = ask(misses(0), 1, 1000, "pass");
  for (const what of ["ok", "miss"] as const) {
    expect(step(half, outcome(closedBreaker, 1, what), 1001).breaker).toEqual(half);
  }
});

test("a tripped window opens it only in the generation it counted in", () => {
  expect(step(closedBreaker, { type: "window-tripped", generation: 0 }, 5)).toMatchObject({ command: "open" });
  const again: Breaker = { state: "closed", generation: 2, missesInRow: 0 };
  expect(step(again, { type: "window-tripped", generation: 0 }, 5)).toEqual({ breaker: again, command: "none" });
});

type Move = { do: "ask" | "trip" } | { do: "end"; which: number; outcome: "ok" | "miss" | "neutral" };
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: "ask" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      which: fc.nat(),
      outcome: fc.constantFrom("ok" as const, "miss" as const, "neutral" as const),
    }),
  },
  fc.constant({ do: "trip" as const }),
);

test("over any history: probes are bounded, generations never fall, open holds its time", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(move, fc.nat({ max: 400 })), { maxLength: 150 }), (moves) => {
      let breaker: Breaker = closedBreaker;
      let now = 0;
      let shut = false; // the reference: what the commands have made of the window so far
      const calls: { call: number; generation: number }[] = [];
      for (const [what, afterMs] of moves) {
        now += afterMs;
        const before = breaker;
        let event: BreakerEvent | undefined;
        if (what.do === "ask") {
          const asked = askBreaker(breaker, settings, calls.length, now);
          ({ breaker } = asked);
          if (asked.answer.kind === "pass") {
            calls.push({ call: calls.length, generation: asked.answer.generation });
            if (before.state === "open") assert.isAtLeast(now - before.since, settings.openMs);
          }
        } else if (what.do === "end") {
          const [one] = calls.splice(what.which % Math.max(1, calls.length), 1);
          if (one !== undefined) event = { type: "ended", ...one, outcome: what.outcome };
        } else event = { type: "window-tripped", generation: breaker.generation };
        if (event !== undefined) {
          const stepped = step(breaker, event, now);
          ({ breaker } = stepped);
          if (stepped.command !== "none") shut = stepped.command === "open";
        }
        expect(shut).toBe(breaker.state !== "closed");
        expect(breaker.generation).toBeGreaterThanOrEqual(before.generation);
        if (breaker.state === "half-open") {
          assert.isAtMost(breaker.leases.size + breaker.successes, settings.probes);
        }
        if (breaker.state === "closed") assert.isBelow(breaker.missesInRow, settings.consecutiveMisses);
      }
    }),
  );
});
