import { expect, test } from "vitest";
import { nextWriter } from "./partitions.ts";

const writer = { instance: "p1a", pid: 1, startTicks: 1, term: 1, url: "http://127.0.0.1:1" };
const serving =
  (...ids: readonly string[]) =>
  (id: string): boolean =>
    ids.includes(id);

test("the first writer is the first role instance, however late it serves", () => {
  const state = { instances: ["p1a", "p1b"], writer: null };
  expect(nextWriter(state, serving("p1b"))).toBeUndefined();
  expect(nextWriter(state, serving("p1a", "p1b"))).toBe("p1a");
});

test("after a writer's death its sibling writes, even when the dead one is back already", () => {
  expect(nextWriter({ instances: ["p1a", "p1b"], writer }, serving("p1a", "p1b"))).toBe("p1b");
});

test("a writer without a living sibling writes again itself, once it serves", () => {
  expect(nextWriter({ instances: ["p1a", "p1b"], writer }, serving())).toBeUndefined();
  expect(nextWriter({ instances: ["p1a", "p1b"], writer }, serving("p1a"))).toBe("p1a");
});
