import { expect, test } from "vitest";
import { ordersAfter } from "./operator-watch.ts";

const state = {
  revision: 5,
  partitions: {
    p2: { mode: "isolated", revision: 4, since: 1_700_000_000_000 },
    p3: { mode: "automatic", revision: 3 },
  },
  failovers: [
    { revision: 1, partition: "p1" },
    { revision: 5, partition: "p3" },
  ],
} as const;

test("each order is told once, in the order it was given", () => {
  const writable = { ...state, failovers: [...state.failovers] };
  expect(ordersAfter(writable, 0)).toEqual([
    { kind: "operator-failed-over", partition: "p1" },
    { kind: "operator-rejoined", partition: "p3" },
    { kind: "operator-isolated", partition: "p2" },
    { kind: "operator-failed-over", partition: "p3" },
  ]);
  expect(ordersAfter(writable, 4)).toEqual([{ kind: "operator-failed-over", partition: "p3" }]);
  expect(ordersAfter(writable, 5)).toEqual([]);
});
