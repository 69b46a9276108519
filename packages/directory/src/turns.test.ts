import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("work of one key never overlaps and keeps its order; work over the bound is not taken", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(2), { maxLength: 12 }), fc.scheduler(), async (keys, scheduler) => {
      const turns = createTurns(8);
      const running = new Set<number>();
      const done: number[][] = [[], [], []];
      const taken = keys.map((key, order) =>
        turns.take(String(key), async () => {
          expect(running.has(key)).toBe(false);
          running.add(key);
          await scheduler.schedule(Promise.resolve());
          running.delete(key);
          done[key]?.push(order);
        }),
      );
      expect(taken.map((turn) => turn !== undefined)).toEqual(keys.map((_, order) => order < 8));
      await scheduler.waitFor(Promise.all(taken.flatMap((turn) => (turn === undefined ? [] : [turn]))));
      for (const orders of done) expect(orders).toEqual(orders.toSorted((a, b) => a - b));
    }),
  );
});

test("work that fails is the failure of its asker alone", async () => {
  const turns = createTurns(2);
  const failed = turns.take("u", () => Promise.reject(new Error("mine")));
  const next = turns.take("u", () => Promise.resolve("yours"));
  await expect(failed).rejects.toThrow("mine");
  expect(await next).toBe("yours");
  expect(turns.take("u", () => Promise.resolve("again"))).toBeDefined();
});
