/** Isolation of a partition and its way back, in virtual time. */
import type { Colour } from "@cordon/model";
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import {
  askProbe,
  joined,
  stepIsolation,
  type Isolation,
  type IsolationEvent,
  type ProbeAnswer,
  type ProbeOutcome,
} from "./isolation.ts";

const settings = { probes: 2, probeEveryMs: 100, probeLeaseMs: 60, rejoinSuccesses: 3 };
const judged = (...colours: Colour[]): IsolationEvent => ({ type: "judged", colours, mayIsolate: true });
const allRed = judged("red", "red");
const step = (isolation: Isolation, event: IsolationEvent, now: number) =>
  stepIsolation(isolation, settings, event, now);
const isolatedAt = (now: number) => step(joined, allRed, now);

/** Asks for a probe and returns the new state, failing the test when the answer is another than expected. */
function ask(isolation: Isolation, probe: number, now: number, kind: ProbeAnswer["kind"]): Isolation {
  const asked = askProbe(isolation, settings, probe, now);
  expect(asked.answer.kind).toBe(kind);
  return asked.isolation;
}
const answer = (isolation: Isolation, probe: number, outcome: ProbeOutcome, now: number) =>
  step(isolation, { type: "probe-ended", generation: isolation.generation, probe, outcome }, now);

test("a partition is cut off when every role instance is red, and not before", () => {
  expect(step(joined, judged("red", "yellow"), 5)).toEqual(joined);
  expect(step(joined, judged(), 5)).toEqual(joined);
  expect(isolatedAt(5)).toEqual({ state: "isolated", by: "evidence", since: 5, generation: 1, nextProbeAt: 105 });
});

test("a caller that doubts itself isolates nobody new", () => {
  expect(step(joined, { type: "judged", colours: ["red"], mayIsolate: false }, 5)).toEqual(joined);
});

test("probes are leased in batches, one every `probeEveryMs`", () => {
  let isolation = ask(isolatedAt(0), 1, 50, "refused");
  isolation = ask(isolation, 2, 100, "leased");
  isolation = ask(isolation, 3, 101, "leased");
  expect(askProbe(isolation, settings, 4, 102).answer).toEqual({ kind: "refused", retryAfterMs: 98 });
});

test("enough successes in a row let it back in", () => {
  let isolation = ask(ask(isolatedAt(0), 1, 100, "leased"), 2, 100, "leased");
  isolation = answer(answer(isolation, 1, "ok", 110), 2, "ok", 111);
  isolation = ask(isolation, 3, 112, "refused");
  isolation = ask(isolation, 4, 200, "leased");
  expect(answer(isolation, 4, "ok", 210)).toEqual({ state: "joined", generation: 1 });
});

test("one failed probe voids the batch, and the late success of its companion changes nothing", () => {
  const probing = ask(ask(isolatedAt(0), 1, 100, "leased"), 2, 100, "leased");
  const failed = answer(probing, 1, "failed", 110);
  expect(failed).toEqual({ state: "isolated", by: "evidence", since: 0, generation: 2, nextProbeAt: 210 });
  expect(step(failed, { type: "probe-ended", generation: 1, probe: 2, outcome: "ok" }, 111)).toEqual(failed);
});

test("a result of an older generation is not taken for that of a new probe of the same id", () => {
  const failed = answer(ask(ask(isolatedAt(0), 1, 100, "leased"), 2, 100, "leased"), 1, "failed", 110);
  const again = ask(failed, 2, 210, "leased");
  expect(step(again, { type: "probe-ended", generation: 1, probe: 2, outcome: "ok" }, 211)).toEqual(again);
});

test("a probe whose caller left proves nothing, and its place is another's at once", () => {
  const probing = ask(ask(ask(isolatedAt(0), 1, 100, "leased"), 2, 100, "leased"), 3, 101, "refused");
  const without = answer(probing, 1, "neutral", 110);
  expect(without).toMatchObject({ state: "probing", generation: 1, successes: 0, batchLeft: 1 });
  let isolation = ask(ask(without, 3, 111, "leased"), 4, 112, "refused");
  isolation = answer(answer(isolation, 2, "ok", 120), 3, "ok", 121);
  expect(answer(ask(isolation, 5, 200, "leased"), 5, "ok", 210).state).toBe("joined");
});

test("a probe that is brought back twice counts once", () => {
  const once = answer(ask(isolatedAt(0), 1, 100, "leased"), 1, "ok", 110);
  expect(answer(once, 1, "ok", 111)).toEqual(once);
});

test("probes still out take their places in the next batch", () => {
  const patient = { ...settings, probeLeaseMs: 1000 };
  let { isolation } = askProbe(isolatedAt(0), patient, 1, 100);
  ({ isolation } = askProbe(isolation, patient, 2, 100));
  expect(askProbe(isolation, patient, 3, 200).answer.kind).toBe("refused");
});

test("a probe that never comes back counts as a failure when its lease runs out", () => {
  const probing = ask(isolatedAt(0), 1, 100, "leased");
  expect(step(probing, allRed, 159)).toEqual(probing);
  expect(step(probing, allRed, 160)).toMatchObject({ state: "isolated", generation: 2, nextProbeAt: 260 });
});

test("canaries of one instance in a row let it back in, though its sibling stays dead", () => {
  let isolation = isolatedAt(0);
  for (const now of [10, 20]) {
    isolation = step(isolation, { type: "canary-ended", instance: "p1a", ok: true }, now);
    isolation = step(isolation, { type: "canary-ended", instance: "p1b", ok: false }, now);
  }
  expect(isolation.state).toBe("probing");
  expect(step(isolation, { type: "canary-ended", instance: "p1a", ok: true }, 30).state).toBe("joined");
});

test("new role instances are probed at once", () => {
  expect(ask(step(isolatedAt(0), { type: "replaced" }, 7), 1, 7, "leased").state).toBe("probing");
});

test("the operator's isolation stands against all evidence until the operator says automatic", () => {
  const held = step(joined, { type: "operator", mode: "isolated" }, 5);
  expect(held).toEqual({ state: "isolated", by: "operator", since: 5, generation: 1 });
  expect(ask(held, 1, 9999, "refused")).toEqual(held);
  expect(step(held, { type: "canary-ended", instance: "p1a", ok: true }, 10)).toEqual(held);
  expect(step(held, { type: "replaced" }, 11)).toEqual(held);
  expect(step(held, { type: "operator", mode: "automatic" }, 12)).toEqual({ state: "joined", generation: 1 });
});

test("automatic does not end an isolation that stands by evidence", () => {
  expect(step(isolatedAt(0), { type: "operator", mode: "automatic" }, 1)).toEqual(isolatedAt(0));
});

type Move = IsolationEvent | { type: "ask" } | { type: "answer"; which: number; outcome: ProbeOutcome };
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    type: fc.constant("judged" as const),
    colours: fc.array(fc.constantFrom<Colour>("red", "red", "green"), { maxLength: 3 }),
    mayIsolate: fc.boolean(),
  }),
  { weight: 4, arbitrary: fc.constant({ type: "ask" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("answer" as const),
      which: fc.nat(),
      outcome: fc.constantFrom<ProbeOutcome>("ok", "ok", "failed", "neutral"),
    }),
  },
  fc.record({
    type: fc.constant("canary-ended" as const),
    instance: fc.constantFrom("p1a", "p1b"),
    ok: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("operator" as const),
    mode: fc.constantFrom("isolated" as const, "automatic" as const),
  }),
  fc.constant({ type: "replaced" as const }),
);

test("over any history: only the operator ends an operator's isolation, leases keep their bound, no stale probe counts", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(move, fc.nat({ max: 80 })), { maxLength: 120 }), (moves) => {
      let isolation: Isolation = joined;
      let now = 0;
      const out: { probe: number; generation: number; until: number }[] = [];
      // The reference: successes in a row brought back by probes whose lease still held, and by canaries.
      let row = 0;
      const canaries = new Map<string, number>();
      for (const [what, afterMs] of moves) {
        now += afterMs;
        const before = isolation;
        if (what.type === "ask") {
          const asked = askProbe(isolation, settings, out.length, now);
          isolation = asked.isolation;
          if (asked.answer.kind === "leased") {
            out.push({ probe: out.length, generation: asked.answer.generation, until: asked.answer.leaseUntil });
          }
          assert.strictEqual(asked.answer.kind === "not-needed", isolation.state === "joined");
        } else if (what.type === "answer") {
          const one = out[what.which % Math.max(1, out.length)];
          if (one === undefined) continue;
          isolation = stepIsolation(
            isolation,
            settings,
            { type: "probe-ended", generation: one.generation, probe: one.probe, outcome: what.outcome },
            now,
          );
          if (isolation !== before && one.until > now && what.outcome === "ok") row++;
        } else {
          isolation = stepIsolation(isolation, settings, what, now);
          if (what.type === "canary-ended") {
            canaries.set(what.instance, what.ok ? (canaries.get(what.instance) ?? 0) + 1 : 0);
          }
        }
        if (before.state === "isolated" && before.by === "operator" && isolation !== before) {
          assert.deepEqual(what, { type: "operator", mode: "automatic" });
        }
        const operators = what.type === "operator";
        if (before.state !== "joined" && isolation.state === "joined" && !operators) {
          assert.isAtLeast(Math.max(row, ...canaries.values()), settings.rejoinSuccesses);
        }
        if (isolation.state === "probing") {
          assert.isAtMost(isolation.leases.size + isolation.batchLeft, settings.probes);
          assert.isAtLeast(isolation.generation, before.generation);
          for (const until of isolation.leases.values()) assert.isAbove(until, now);
        }
        if (isolation.generation !== before.generation) row = 0;
        if (isolation.state === "joined") canaries.clear();
      }
    }),
  );
});
