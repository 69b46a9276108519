import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Attempt } from "./attempt.ts";
import { hurtIn } from "./hurt.ts";

const window = { from: 0, to: 1_000 };
const attempts = fc.array(
  fc.record({
    at: fc.integer({ min: -200, max: 1_200 }),
    user: fc.integer({ min: 0, max: 9 }),
    hurt: fc.boolean(),
  }),
  { maxLength: 40 },
);
const known = (list: { at: number; user: number; hurt: boolean }[]): Attempt[] =>
  list.map(({ at, user, hurt }) => ({ service: "sign-in", at, user: String(user), outside: user > 2, hurt }));

test("a user hurt once among many good attempts is a hurt user, counted once", () => {
  const list = known([
    { at: 10, user: 5, hurt: true },
    { at: 20, user: 5, hurt: false },
    { at: 30, user: 5, hurt: true },
    { at: 40, user: 6, hurt: false },
    { at: 50, user: 1, hurt: false },
  ]);
  expect(hurtIn(list, window)).toEqual({ outside: 1 / 2, inside: 0, overall: 1 / 3 });
});

test("attempts scheduled outside the window, and users who did not try in it, count for nothing", () => {
  const list = known([
    { at: -1, user: 5, hurt: true },
    { at: 1_000, user: 6, hurt: true },
    { at: 500, user: 7, hurt: false },
  ]);
  expect(hurtIn(list, window)).toEqual({ outside: 0, inside: 0, overall: 0 });
});

test("one more late attempt never lowers a share", () => {
  fc.assert(
    fc.property(attempts, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 999 }), (list, user, at) => {
      const before = hurtIn(known(list), window);
      const after = hurtIn(known([...list, { at, user, hurt: true }]), window);
      expect(after.overall).toBeGreaterThanOrEqual(before.overall);
      expect(after.outside).toBeGreaterThanOrEqual(before.outside);
      expect(after.inside).toBeGreaterThanOrEqual(before.inside);
    }),
  );
});
