/** The deadline made at the door, in virtual time. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { attemptLimitMs, deadlineAtDoor, remainingHeader } from "./deadline.ts";

test("without a header the door's budget is the deadline", () => {
  expect(deadlineAtDoor(800, undefined, 1000)).toEqual({ kind: "admitted", deadline: 1800 });
});

test("the shorter of budget and header wins", () => {
  expect(deadlineAtDoor(800, "300", 1000)).toEqual({ kind: "admitted", deadline: 1300 });
  expect(deadlineAtDoor(800, "9000", 1000)).toEqual({ kind: "admitted", deadline: 1800 });
});

test("a caller with nothing left is turned away before any work", () => {
  expect(deadlineAtDoor(800, "0", 1000)).toEqual({ kind: "passed" });
});

test.each(["", "-1", "1.5", " 5", "5ms", "0x10", "1e3", "NaN", "1000000000", "5, 6"])(
  "the header %j is refused, not guessed at",
  (header) => {
    expect(deadlineAtDoor(800, header, 0).kind).toBe("malformed");
  },
);

test("with deadlines off only the attempt is limited, and nothing is sent on", () => {
  expect(deadlineAtDoor("off", "nonsense", 5)).toEqual({ kind: "admitted", deadline: "off" });
  expect(attemptLimitMs("off", 10_000, 5)).toBe(10_000);
  expect(remainingHeader("off", 5)).toBeUndefined();
});

test("no attempt reaches past the deadline, and none is longer than its own limit", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (deadline, timeoutMs, now) => {
        const limit = attemptLimitMs(deadline, timeoutMs, now);
        expect(limit).toBeGreaterThanOrEqual(0);
        expect(limit).toBeLessThanOrEqual(timeoutMs);
        expect(limit === 0 || now + limit <= deadline + 1e-6).toBe(true);
      },
    ),
  );
});

test("over any chain of hops the deadline only ever comes nearer", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ budgetMs: fc.integer({ min: 1, max: 5000 }), tookMs: fc.integer({ min: 0, max: 900 }) }), {
        minLength: 1,
        maxLength: 8,
      }),
      (hops) => {
        let header: string | undefined;
        let now = 0;
        let last = Number.POSITIVE_INFINITY;
        for (const hop of hops) {
          const door = deadlineAtDoor(hop.budgetMs, header, now);
          if (door.kind !== "admitted" || door.deadline === "off") return;
          expect(door.deadline).toBeLessThanOrEqual(Math.min(last, now + hop.budgetMs));
          last = door.deadline;
          now += hop.tookMs;
          header = remainingHeader(last, now);
        }
      },
    ),
  );
});
