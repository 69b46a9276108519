/** The seat book of a partition, against a plain list that knows every asker. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import {
  askBulkhead,
  boundsOf,
  createBulkhead,
  expireWaiting,
  flushWaiting,
  nextGiveUpAt,
  releaseSeat,
  withdrawWaiter,
  type BulkheadDecision,
} from "./bulkhead.ts";

const bounds = { seats: 1, waiting: 1, waitMs: 100 };

test("the first is seated, the second waits, the third is told when to come back", () => {
  const book = createBulkhead(bounds);
  expect(askBulkhead(book, 1, 1000, 0)).toEqual([{ kind: "seated", id: 1 }]);
  expect(askBulkhead(book, 2, 1000, 10)).toEqual([{ kind: "waiting", id: 2, giveUpAt: 110 }]);
  expect(askBulkhead(book, 3, 1000, 30)).toEqual([{ kind: "refused", id: 3, reason: "full", retryAfterMs: 80 }]);
});

test("a seat stays held until its attempt has ended, and is freed once", () => {
  const book = createBulkhead(bounds);
  askBulkhead(book, 1, 50, 0);
  expect(expireWaiting(book, 9999)).toEqual([]);
  expect(askBulkhead(book, 2, 10_050, 10_000)).toEqual([{ kind: "waiting", id: 2, giveUpAt: 10_050 }]);
  expect(releaseSeat(book, 1, 10_010)).toEqual([{ kind: "seated", id: 2 }]);
  expect(releaseSeat(book, 1, 10_011)).toEqual([]);
  expect([...book.seated]).toEqual([2]);
});

test("a seat is never given to a waiter whose time has run out", () => {
  const book = createBulkhead({ seats: 1, waiting: 2, waitMs: 100 });
  askBulkhead(book, 1, 1000, 0);
  askBulkhead(book, 2, 20, 0);
  askBulkhead(book, 3, 90, 0);
  expect(releaseSeat(book, 1, 20)).toEqual([
    { kind: "refused", id: 2, reason: "gave-up", retryAfterMs: 70 },
    { kind: "seated", id: 3 },
  ]);
});

test("isolation flushes the waiters and leaves the seats", () => {
  const book = createBulkhead(bounds);
  askBulkhead(book, 1, 1000, 0);
  askBulkhead(book, 2, 1000, 0);
  expect(flushWaiting(book, 500)).toEqual([{ kind: "refused", id: 2, reason: "flushed", retryAfterMs: 500 }]);
  expect([...book.seated]).toEqual([1]);
});

test("a queue full of the expired makes room for one who has time", () => {
  const book = createBulkhead(bounds);
  askBulkhead(book, 1, 1000, 0);
  askBulkhead(book, 2, 5, 0);
  expect(askBulkhead(book, 3, 1000, 6).map((decision) => [decision.kind, decision.id])).toEqual([
    ["refused", 2],
    ["waiting", 3],
  ]);
});

test("with the protection off there is one pool of connections and, in practice, no bound on waiting", () => {
  expect(boundsOf({ kind: "shared", connections: 64 })).toEqual({ seats: 64, waiting: 100_000, waitMs: 600_000 });
});

const command = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("ask" as const), patienceMs: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release" as const), which: fc.nat({ max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("expire" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw" as const), which: fc.nat({ max: 40 }) }) },
);
const history = fc.array(fc.tuple(command, fc.integer({ min: 0, max: 20 })), { maxLength: 120 });

test("over any history: bounds hold, order is kept, nobody is lost, seated twice or left waiting beside a free seat", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 }), history, (seats, waiting, commands) => {
      const book = createBulkhead({ seats, waiting, waitMs: 50 });
      // The reference: what each asker was last told, and the queue as a plain list.
      const told = new Map<number, "seated" | "waiting" | "refused" | "released" | "withdrawn">();
      let queue: number[] = [];
      let now = 0;
      let nextId = 0;
      const take = (decisions: BulkheadDecision[]) => {
        for (const decision of decisions) {
          const before = told.get(decision.id);
          expect(before === undefined || before === "waiting").toBe(true);
          if (decision.kind === "waiting") queue.push(decision.id);
          else if (decision.kind === "seated" && before === "waiting") assert.strictEqual(queue.shift(), decision.id);
          else queue = queue.filter((id) => id !== decision.id);
          if (decision.kind === "refused") assert.isAbove(decision.retryAfterMs, 0);
          told.set(decision.id, decision.kind);
        }
      };
      for (const [what, elapsedMs] of commands) {
        now += elapsedMs;
        switch (what.do) {
          case "ask": {
            const id = nextId++;
            take(askBulkhead(book, id, now + what.patienceMs, now));
            assert.strictEqual(told.has(id), true);
            break;
          }
          case "release":
            if (told.get(what.which) === "seated") told.set(what.which, "released");
            take(releaseSeat(book, what.which, now));
            break;
          case "expire":
            take(expireWaiting(book, now));
            assert.isAbove(nextGiveUpAt(book) ?? Number.POSITIVE_INFINITY, now);
            break;
          case "flush":
            take(flushWaiting(book, 10));
            break;
          case "withdraw":
            if (withdrawWaiter(book, what.which)) {
              told.set(what.which, "withdrawn");
              queue = queue.filter((id) => id !== what.which);
            }
            break;
        }
        const seatedNow = [...told].filter(([, word]) => word === "seated").map(([id]) => id);
        expect(new Set(book.seated)).toEqual(new Set(seatedNow));
        expect([...book.waiting.keys()]).toEqual(queue);
        expect(book.seated.length).toBeLessThanOrEqual(seats);
        expect(book.waiting.size).toBeLessThanOrEqual(waiting);
        expect(book.waiting.size === 0 || book.seated.length === seats).toBe(true);
      }
    }),
  );
});
