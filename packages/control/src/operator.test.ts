import type { OperatorOrder, OperatorState } from "@cordon/model";
import { OperatorStateSchema } from "@cordon/model";
import * as fc from "fast-check";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { noOrders, obey } from "./operator.ts";

const after = (...orders: readonly OperatorOrder[]): OperatorState =>
  orders.reduce((state, order, index) => obey(state, order, 1000 + index), noOrders);

test("an isolation stands until it is ordered to end, and remembers when it began", () => {
  const isolate = { order: "isolate", partition: "p3" } as const;
  expect(after(isolate, isolate)).toEqual({
    revision: 2,
    partitions: { p3: { mode: "isolated", revision: 2, since: 1000 } },
    failovers: [],
  });
  expect(after(isolate, { order: "rejoin", partition: "p3" })).toEqual({
    revision: 2,
    partitions: { p3: { mode: "automatic", revision: 2 } },
    failovers: [],
  });
});

test("a failover changes no partition's mode", () => {
  expect(after({ order: "isolate", partition: "p3" }, { order: "failover", partition: "p3" })).toEqual({
    revision: 2,
    partitions: { p3: { mode: "isolated", revision: 1, since: 1000 } },
    failovers: [{ revision: 2, partition: "p3" }],
  });
});

test("of many failovers the newest hundred are remembered", () => {
  const { failovers } = after(...Array.from({ length: 150 }, () => ({ order: "failover", partition: "p3" }) as const));
  expect(failovers.map(({ revision }) => revision)).toEqual(Array.from({ length: 100 }, (_, i) => i + 51));
});

test("whatever is ordered, the state can travel, its revision counts the orders, and an order touches its partition alone", () => {
  const order = fc.record({
    order: fc.constantFrom("isolate", "rejoin", "failover"),
    partition: fc.constantFrom("p1", "p2", "p3"),
  });
  const fits = Compile(OperatorStateSchema);
  fc.assert(
    fc.property(fc.array(order, { maxLength: 300 }), order, (orders, last) => {
      const before = after(...orders);
      const now = obey(before, last, 5000);
      expect(fits.Check(now)).toBe(true);
      expect(now.revision).toBe(orders.length + 1);
      const others = ({ partitions }: OperatorState) => ({ ...partitions, [last.partition]: undefined });
      expect(others(now)).toEqual(others(before));
      const failovers = [...orders, last].flatMap(({ order: kind, partition }, index) =>
        kind === "failover" ? [{ revision: index + 1, partition }] : [],
      );
      expect(now.failovers).toEqual(failovers.slice(-100));
    }),
  );
});
