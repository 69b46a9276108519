import { expect, test } from "vitest";
import { isUnbalanced } from "./self-check.ts";

test("a difference counts when it stood still for two looks, and not while things move", () => {
  const even = { spooled: 3, queued: 3, held: 3 };
  const short = { spooled: 3, queued: 3, held: 2 };
  const uneven = { spooled: 3, queued: 2, held: 3 };
  expect(isUnbalanced(even, even)).toBe(false);
  expect(isUnbalanced(even, short)).toBe(false);
  expect(isUnbalanced(short, short)).toBe(true);
  expect(isUnbalanced(uneven, uneven)).toBe(true);
  expect(isUnbalanced(short, even)).toBe(false);
});
