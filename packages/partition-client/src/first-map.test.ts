import { expect, test } from "vitest";
import { firstMap } from "./first-map.ts";

test("who waits for the first map says so again and again, with where it is asked for, and is silent once it is there", async () => {
  const map = Promise.withResolvers<void>();
  const twice = Promise.withResolvers<void>();
  const said: unknown[] = [];
  const warn = (...words: readonly unknown[]): void => {
    said.push(words);
    if (said.length === 2) twice.resolve();
  };
  const about = { controlUrl: "http://127.0.0.1:9", meanwhile: "sign-ins are answered 503", everyMs: 1 };
  const waiting = firstMap({ client: { ready: () => map.promise }, log: { warn }, ...about });
  await twice.promise;
  map.resolve();
  await waiting;
  const words = said.length;
  expect(said[0]).toEqual([
    { control: "http://127.0.0.1:9" },
    "there is no partition map yet, and no copy of one: sign-ins are answered 503 until control has one",
  ]);
  await firstMap({ client: { ready: async () => {} }, log: { warn }, ...about });
  expect(said.length).toBe(words);
});
