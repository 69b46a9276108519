/** What of the revocation log must stay. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { RevocationReason } from "@cordon/model";
import { holdLine, isSpent, type HeldLines } from "./revocation-log.ts";

const keepMs = 1_000;

test("a later line of an address makes the one before it moot", () => {
  const first = holdLine(undefined, { revision: 1, reason: "password-changed" });
  expect(first).toEqual({ held: { newest: 1, lock: null }, moot: [] });
  expect(holdLine(first.held, { revision: 7, reason: "password-changed" })).toEqual({
    held: { newest: 7, lock: null },
    moot: [1],
  });
});

test("a lock is held beside newer lines until an enable lifts it", () => {
  const locked = holdLine({ newest: 1, lock: null }, { revision: 2, reason: "disabled" });
  expect(locked).toEqual({ held: { newest: 2, lock: 2 }, moot: [1] });
  const changed = holdLine(locked.held, { revision: 3, reason: "password-changed" });
  expect(changed).toEqual({ held: { newest: 3, lock: 2 }, moot: [] });
  expect(holdLine(changed.held, { revision: 4, reason: "password-changed" }).moot).toEqual([3]);
  expect(holdLine(changed.held, { revision: 4, reason: "deleted" })).toEqual({
    held: { newest: 4, lock: 4 },
    moot: [3, 2],
  });
  expect(holdLine(changed.held, { revision: 4, reason: "enabled" })).toEqual({
    held: { newest: 4, lock: null },
    moot: [3, 2],
  });
});

test("a line is spent when it is older than what it could speak against, and a lock never is", () => {
  const line = { revision: 3, at: 5_000 };
  expect(isSpent(line, { newest: 3, lock: null }, keepMs, 6_000)).toBe(false);
  expect(isSpent(line, { newest: 3, lock: null }, keepMs, 6_001)).toBe(true);
  expect(isSpent(line, { newest: 4, lock: 3 }, keepMs, 9_000_000)).toBe(false);
});

test("who reads what is left knows what who read everything knows, and two lines an address are left at most", () => {
  const reasons: RevocationReason[] = ["password-changed", "disabled", "enabled", "deleted"];
  const changes = fc.array(
    fc.record({
      address: fc.constantFrom("a", "b"),
      reason: fc.constantFrom(...reasons),
      afterMs: fc.nat({ max: 700 }),
    }),
    { maxLength: 30 },
  );
  type Line = { revision: number; address: string; reason: RevocationReason; at: number };
  /** Newest revision, and the standing lock's, as a reader makes them out of lines in order. */
  const readBy = (lines: readonly Line[], address: string) => {
    let known: { newest: number; lock: number } = { newest: 0, lock: 0 };
    for (const { revision, reason } of lines.filter((line) => line.address === address)) {
      const lock = reason === "enabled" ? 0 : reason === "password-changed" ? known.lock : revision;
      known = { newest: revision, lock };
    }
    return known;
  };
  fc.assert(
    fc.property(changes, (made) => {
      const all: Line[] = [];
      const left = new Map<number, Line>();
      const held = new Map<string, HeldLines>();
      let now = 0;
      for (const { address, reason, afterMs } of made) {
        now += afterMs;
        for (const line of left.values())
          if (isSpent(line, held.get(line.address), keepMs, now)) left.delete(line.revision);
        const line = { revision: all.length + 1, address, reason, at: now };
        all.push(line);
        left.set(line.revision, line);
        const next = holdLine(held.get(address), line);
        held.set(address, next.held);
        for (const revision of next.moot) left.delete(revision);
      }
      const kept = [...left.values()].toSorted((one, other) => one.revision - other.revision);
      for (const address of ["a", "b"]) {
        const [whole, rest] = [readBy(all, address), readBy(kept, address)];
        expect(kept.filter((line) => line.address === address).length).toBeLessThanOrEqual(2);
        expect(rest.lock).toBe(whole.lock);
        const isOld = (all[whole.newest - 1]?.at ?? 0) < now - keepMs;
        expect(isOld || rest.newest === whole.newest).toBe(true);
      }
    }),
  );
});
