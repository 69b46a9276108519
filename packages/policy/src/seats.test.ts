/** The host's hashing seats, against a plain account of every ask. */
import * as fc from "fast-check";
import { assert, expect, test } from "vitest";
import {
  askSeat,
  createSeatBook,
  disconnectHolder,
  expireSeats,
  freeSeats,
  giveBackSeat,
  nextSeatExpiry,
  type SeatDecision,
} from "./seats.ts";

const settings = { seats: 1, leaseMs: 1000, waiting: 2 };
const p1 = (ask: number) => ({ holder: "p1a", ask });
const p2 = (ask: number) => ({ holder: "p2a", ask });
const seat = (to: { holder: string; ask: number }) => ({ kind: "seat", to, leaseMs: 1000, free: 0 });

test("a free seat is granted at once, on a lease", () => {
  expect(askSeat(createSeatBook(settings), p1(1), "p1", 500, 0)).toEqual([seat(p1(1))]);
});

test("a storm on one partition waits in its own queue: the others are served in turn", () => {
  const book = createSeatBook({ ...settings, waiting: 50 });
  for (let ask = 0; ask < 40; ask++) askSeat(book, p1(ask), "p1", 9000, 0);
  askSeat(book, p2(1), "p2", 9000, 1);
  expect(giveBackSeat(book, p1(0), 2)).toEqual([seat(p1(1))]);
  expect(giveBackSeat(book, p1(1), 3)).toEqual([seat(p2(1))]);
  expect(giveBackSeat(book, p2(1), 4)).toEqual([seat(p1(2))]);
});

test("waiting is bounded for each queue apart, and a refusal says when to come back", () => {
  const book = createSeatBook(settings);
  for (const ask of [1, 2, 3]) askSeat(book, p1(ask), "p1", 9000, 0);
  expect(askSeat(book, p1(4), "p1", 9000, 400)).toEqual([
    { kind: "no-seat", to: p1(4), reason: "full", retryAfterMs: 600 },
  ]);
  expect(askSeat(book, p2(1), "p2", 9000, 400)).toEqual([]);
});

test("a lease that runs out frees its seat, and giving it back later frees nothing more", () => {
  const book = createSeatBook(settings);
  askSeat(book, p1(1), "p1", 9000, 0);
  askSeat(book, p2(1), "p2", 9000, 0);
  expect(nextSeatExpiry(book)).toBe(1000);
  expect(expireSeats(book, 1000)).toEqual([seat(p2(1))]);
  expect(giveBackSeat(book, p1(1), 1001)).toEqual([]);
  expect(freeSeats(book)).toBe(0);
});

test("a holder that let a lease run out, as one that is frozen does, has one seat idle for it and no more", () => {
  const book = createSeatBook({ ...settings, waiting: 50 });
  const sibling = { holder: "p1b", ask: 7 };
  for (let ask = 0; ask < 40; ask++) askSeat(book, p1(ask), "p1", 90_000, 0);
  askSeat(book, sibling, "p1", 90_000, 0);
  askSeat(book, p2(1), "p2", 90_000, 0);
  expect(expireSeats(book, 1000)).toEqual([seat(sibling)]);
  expect(giveBackSeat(book, sibling, 1001)).toEqual([seat(p2(1))]);
  expect(giveBackSeat(book, p2(1), 1002)).toEqual([]);
  expect(freeSeats(book)).toBe(1);
  // It goes on, and ends the hash that it had begun.
  expect(giveBackSeat(book, p1(0), 5000)).toEqual([seat(p1(1))]);
});

test("of a holder that is passed over no more wait than of any other, also beside a free seat", () => {
  const book = createSeatBook(settings);
  askSeat(book, p1(1), "p1", 90_000, 0);
  expireSeats(book, 1000);
  const refused = [2, 3, 4, 5].filter((ask) => askSeat(book, p1(ask), "p1", 90_000, 1000).length > 0);
  expect([refused, freeSeats(book)]).toEqual([[4, 5], 1]);
});

test("one who has given up does not cost its queue the turn", () => {
  const book = createSeatBook({ ...settings, waiting: 5 });
  askSeat(book, p2(1), "p2", 9000, 0);
  askSeat(book, p1(2), "p1", 10, 0);
  askSeat(book, p1(3), "p1", 9000, 0);
  askSeat(book, p2(4), "p2", 9000, 0);
  expect(giveBackSeat(book, p2(1), 20)).toEqual([
    { kind: "no-seat", to: p1(2), reason: "gave-up", retryAfterMs: 1000 },
    seat(p1(3)),
  ]);
});

test("a process that is gone leaves its seats and its place in the queue to others", () => {
  const book = createSeatBook(settings);
  askSeat(book, p1(1), "p1", 9000, 0);
  askSeat(book, p1(2), "p1", 9000, 0);
  askSeat(book, p2(1), "p2", 9000, 0);
  expect(disconnectHolder(book, "p1a", 5)).toEqual([seat(p2(1))]);
  // Another process of that name has nothing to answer for.
  expireSeats(book, 2000);
  expect(disconnectHolder(book, "p2a", 2001)).toEqual([]);
  expect(askSeat(book, p2(1), "p2", 9000, 2002)).toEqual([seat(p2(1))]);
});

test("a seat is not granted to one who has given up", () => {
  const book = createSeatBook(settings);
  askSeat(book, p1(1), "p1", 9000, 0);
  askSeat(book, p1(2), "p1", 10, 0);
  expect(giveBackSeat(book, p1(1), 10)).toEqual([
    { kind: "no-seat", to: p1(2), reason: "gave-up", retryAfterMs: 1000 },
  ]);
  expect(freeSeats(book)).toBe(1);
});

const holder = fc.constantFrom("p1a", "p2a", "auth");
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      holder,
      queue: fc.constantFrom("p1", "p2", "auth"),
      patienceMs: fc.nat({ max: 400 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("back" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.constant({ do: "expire" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("gone" as const), holder }) },
);

test("over any history: seats are bounded, in turn and in order, nobody is lost, and none waits beside a free seat but for those who let a lease run out", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(command, fc.nat({ max: 100 })), { maxLength: 120 }),
      (seats, commands) => {
        const book = createSeatBook({ seats, leaseMs: 150, waiting: 3 });
        type Asked = {
          holder: string;
          ask: number;
          queue: string;
          state: "waiting" | "seated" | "lapsed" | "done";
          until: number;
        };
        const asked: Asked[] = [];
        // The reference for fairness: grants to other queues while a queue has somebody waiting.
        const passedBy = new Map<string, Map<string, number>>();
        let now = 0;
        const passedOver = (who: string) => asked.some((one) => one.holder === who && one.state === "lapsed");
        const mayBeServed = (one: Asked) => one.state === "waiting" && !passedOver(one.holder);
        const take = (decisions: SeatDecision[]) => {
          for (const decision of decisions) {
            const one = asked[decision.to.ask];
            if (one === undefined) throw new Error("an ask nobody made");
            expect(one.state).toBe("waiting");
            expect(one.holder).toBe(decision.to.holder);
            one.state = decision.kind === "seat" ? "seated" : "done";
            // Nobody is passed by in a queue where nobody waits any more, though somebody may come within the same command.
            if (!asked.some((other) => other.queue === one.queue && mayBeServed(other))) passedBy.delete(one.queue);
            if (decision.kind !== "seat") continue;
            one.until = now + decision.leaseMs;
            expect(passedOver(one.holder)).toBe(false);
            const older = asked.filter((other) => other.queue === one.queue && other.ask < one.ask);
            expect(older.some(mayBeServed)).toBe(false);
            passedBy.delete(one.queue);
            for (const [queue, others] of passedBy) {
              if (!asked.some((other) => other.queue === queue && mayBeServed(other))) continue;
              const grants = (others.get(one.queue) ?? 0) + 1;
              expect(grants).toBeLessThanOrEqual(1);
              others.set(one.queue, grants);
            }
          }
        };
        const lapse = () => {
          for (const one of asked) if (one.state === "seated" && one.until <= now) one.state = "lapsed";
        };
        for (const [what, afterMs] of commands) {
          now += afterMs;
          switch (what.do) {
            case "ask": {
              lapse();
              const ask = asked.length;
              take(expireSeats(book, now));
              asked.push({ holder: what.holder, ask, queue: what.queue, state: "waiting", until: 0 });
              take(askSeat(book, { holder: what.holder, ask }, what.queue, now + what.patienceMs, now));
              break;
            }
            case "back": {
              const one = asked[what.which % Math.max(1, asked.length)];
              if (one === undefined) break;
              one.state = "done";
              take(giveBackSeat(book, one, now));
              break;
            }
            case "expire":
              lapse();
              take(expireSeats(book, now));
              assert.isAbove(nextSeatExpiry(book) ?? Number.POSITIVE_INFINITY, now);
              break;
            case "gone":
              for (const one of asked) if (one.holder === what.holder) one.state = "done";
              take(disconnectHolder(book, what.holder, now));
              break;
          }
          const seated = asked.filter((one) => one.state === "seated").length;
          const waiting = asked.filter((one) => one.state === "waiting");
          expect(book.leases.size).toBe(seated);
          expect(seated).toBeLessThanOrEqual(seats);
          expect([...book.queues.values()].reduce((sum, waiters) => sum + waiters.size, 0)).toBe(waiting.length);
          expect(!waiting.some(mayBeServed) || seated === seats).toBe(true);
          for (const queue of ["p1", "p2", "auth"]) {
            const ofQueue = waiting.filter((one) => one.queue === queue);
            expect(ofQueue.length).toBeLessThanOrEqual(3);
            if (!ofQueue.some(mayBeServed)) passedBy.delete(queue);
            else if (!passedBy.has(queue)) passedBy.set(queue, new Map());
          }
        }
      },
    ),
  );
});
