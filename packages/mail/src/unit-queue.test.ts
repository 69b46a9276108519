import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { DeferralCause, Unit } from "./spool.ts";
import { createUnitQueue } from "./unit-queue.ts";

const unit = (n: number, notBefore: number, deferredFor: DeferralCause | null): Unit => ({
  id: String(n).padStart(6, "0"),
  message: "m",
  address: "u@one.test",
  path: [],
  partition: "p1",
  acceptedWall: n,
  attempts: 0,
  notBefore,
  deferredFor,
});

type Step =
  | { do: "add"; when: "now" | "partition" | "other"; notBefore: number }
  | { do: "take" }
  | { do: "wake"; now: number }
  | { do: "wakeForPartition" }
  | { do: "remove"; limit: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    when: fc.constantFrom("now" as const, "partition" as const, "other" as const),
    notBefore: fc.nat({ max: 50 }),
  }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("wake" as const), now: fc.nat({ max: 50 }) }),
  fc.record({ do: fc.constant("wakeForPartition" as const) }),
  fc.record({ do: fc.constant("remove" as const), limit: fc.nat({ max: 3 }) }),
);

test("over any history no unit is lost or taken twice, and it agrees with two plain lists", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = createUnitQueue();
      let ready: Unit[] = [];
      let waiting: { unit: Unit; when: string }[] = [];
      let made = 0;
      let agrees = true;
      for (const next of steps) {
        switch (next.do) {
          case "add": {
            const one = unit(made++, next.notBefore, next.when === "now" ? null : next.when);
            queue.add(one, next.when === "now" ? "now" : "later");
            if (next.when === "now") ready.push(one);
            else waiting.push({ unit: one, when: next.when });
            break;
          }
          case "take":
            agrees &&= queue.take() === ready.shift();
            break;
          case "wake": {
            queue.wake(next.now);
            const due = waiting.filter((entry) => entry.unit.notBefore <= next.now).map((entry) => entry.unit);
            waiting = waiting.filter((entry) => entry.unit.notBefore > next.now);
            // Those of one instant come in any order: the model takes the queue's.
            const order = [...queue.units()];
            ready.push(...due.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
            break;
          }
          case "wakeForPartition":
            queue.wakeForPartition();
            ready.push(...waiting.filter(({ when }) => when === "partition").map((entry) => entry.unit));
            ready.sort((a, b) => (a.id < b.id ? -1 : 1));
            waiting = waiting.filter(({ when }) => when !== "partition");
            break;
          case "remove": {
            const gone = queue.remove((one) => one.acceptedWall % 2 === 0, next.limit);
            agrees &&= gone.length <= next.limit;
            ready = ready.filter((one) => !gone.includes(one));
            waiting = waiting.filter((entry) => !gone.includes(entry.unit));
          }
        }
        expect(agrees).toBe(true);
        expect(queue.ready).toBe(ready.length);
        expect(queue.size).toBe(ready.length + waiting.length);
        expect(queue.nextWake()).toBe(
          waiting.length === 0 ? undefined : Math.min(...waiting.map((w) => w.unit.notBefore)),
        );
        expect([...queue.units()].slice(0, ready.length)).toEqual(ready);
      }
    }),
  );
});
