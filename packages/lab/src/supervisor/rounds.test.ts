import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createRounds } from "./rounds.ts";

test("rounds never overlap, and whatever is asked during one is answered by one more", async () => {
  let running = 0;
  let most = 0;
  let rounds = 0;
  const work = createRounds(async () => {
    running += 1;
    most = Math.max(most, running);
    rounds += 1;
    await turn();
    running -= 1;
    return true;
  }, 1_000);
  work.ask();
  work.ask();
  work.ask();
  await work.close();
  expect({ most, rounds }).toEqual({ most: 1, rounds: 1 });
});

test("a round that left something undone is followed by another", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let rounds = 0;
  const work = createRounds(() => {
    rounds += 1;
    if (rounds === 3) resolve();
    return Promise.resolve(rounds === 3);
  }, 1);
  work.ask();
  await promise;
  await work.close();
  expect(rounds).toBe(3);
});
