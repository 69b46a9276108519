import { expect, test } from "vitest";
import { partitionOfInstance } from "./ids.ts";

test.each([
  ["p3a", "p3"],
  ["p12bc", "p12"],
  ["p3", "p3"],
])("the partition of %s is %s", (instance, partition) => {
  expect(partitionOfInstance(instance)).toBe(partition);
});
