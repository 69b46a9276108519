import { join } from "node:path";
import { expect, test } from "vitest";
import { requires, thisMachine } from "@cordon/provision";
import { planStore } from "./store-plan.ts";
import { workingDirectory } from "./testing.fixture.ts";

const fetchMs = 180_000;

test(
  "each partition's Redis has a port of its own, also when chance draws one twice",
  { timeout: fetchMs },
  async (context) => {
    await requires("redis-server", context, thisMachine());
    const draws = [0.1, 0.1, 0.9];
    const random = (): number => draws.shift() ?? Math.random();
    const store = await planStore("redis", ["p1", "p2"], thisMachine(), random);
    if (store.kind !== "redis") throw new Error("a plan on Redis is one");
    expect(Object.keys(store.ports)).toEqual(["p1", "p2"]);
    expect(new Set(Object.values(store.ports)).size).toBe(2);
  },
);

test("a lab on Redis is refused with what to do where there is no redis-server and no way to one", async () => {
  await using place = workingDirectory();
  const bare = {
    ...thisMachine(),
    searchPath: [],
    cache: join(place.root, "cache"),
    environment: { PATH: place.root },
  };
  await expect(planStore("redis", ["p1"], bare, Math.random)).rejects.toThrow(
    /^a lab on Redis takes a redis-server: redis-server is not installed, .* install redis/,
  );
  expect(await planStore("lmdb", ["p1"], bare, Math.random)).toEqual({ kind: "lmdb" });
});
