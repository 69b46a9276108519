import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { requires, thisMachine, type Skipping } from "@cordon/provision";
import { systemClock } from "@cordon/runtime";
import { lossyWire, startRedis, type TestRedis } from "./redis.fixture.ts";
import { createRedisStore, type RedisStoreOptions } from "./store-redis.ts";
import { storeContract, type StoreGroup } from "./store.contract.ts";
import type { Change, Store } from "./store.ts";
import { until } from "./test-support.ts";

const bounds = {
  connectWithinMs: 500,
  silentMs: 300,
  readWithinMs: 1000,
  writeWithinMs: 3000,
  pendingCalls: 32,
  revisionPollMs: 2,
  waitingReads: 4,
};

interface RedisGroup extends StoreGroup {
  readonly redis: TestRedis;
  /** What the stores told an operator. */
  readonly told: string[];
  open(changed?: Partial<RedisStoreOptions>): Store;
}

async function makeGroup(settings: readonly string[]): Promise<RedisGroup> {
  const redis = await startRedis(settings);
  const opened: Store[] = [];
  const told: string[] = [];
  return {
    clock: systemClock,
    redis,
    told,
    open(changed = {}) {
      const store = createRedisStore({
        partition: "p1",
        url: redis.url,
        ...bounds,
        clock: systemClock,
        random: Math.random,
        newId: randomUUID,
        tell: (detail) => told.push(detail),
        ...changed,
      });
      opened.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store.close();
      await redis[Symbol.asyncDispose]();
    },
  };
}

/** For tests that start processes; a download of Redis may come on top. */
const slow = { timeout: 60_000 };

/** A group over a Redis of its own, once there is one to be had. */
async function groupIn(context: Skipping, ...settings: string[]): Promise<RedisGroup> {
  await requires("redis-server", context, thisMachine());
  return makeGroup(settings);
}

const alias = (address: string, target = "t@b.example", expected = 0): Change => ({
  content: { kind: "alias", address, target, credentialEpoch: 0 },
  expected,
});
const kindOf = async (answer: Promise<{ readonly kind: string }>): Promise<string> => (await answer).kind;

for (const { says, prove } of storeContract(() => makeGroup([]))) {
  test(`redis: ${says}`, slow, async (context) => {
    await requires("redis-server", context, thisMachine());
    await expect(prove()).resolves.toBeUndefined();
  });
}

test(
  "a frozen Redis makes every call unavailable while it lasts, and loses nothing acknowledged",
  slow,
  async (context) => {
    await using group = await groupIn(context);
    const store = group.open();
    await store.takeTerm(1, true);
    expect(await kindOf(store.commit(1, [alias("a@a.example")]))).toBe("committed");
    group.redis.freeze();
    // Once on the connection that was good, once on the one that cannot be made.
    for (let round = 0; round < 2; round++) {
      const soon = systemClock.now() + 200;
      const kinds = await Promise.all([
        kindOf(store.get("a@a.example")),
        kindOf(store.readAtLeast("a@a.example", 1, soon)),
        kindOf(store.position()),
        kindOf(store.takeTerm(1, true)),
        kindOf(store.commit(1, [alias(`b${round}@a.example`)])),
        kindOf(group.open().get("a@a.example")),
      ]);
      expect(kinds).toEqual(Array(6).fill("unavailable"));
    }
    group.redis.thaw();
    await until(async () => (await store.position()).kind === "position");
    expect(await store.get("a@a.example")).toMatchObject({ record: { target: "t@b.example", revision: 1 } });
    // What had been sent before the connection was given up is made or not; what was asked after that was never sent.
    expect(await kindOf(store.get("b1@a.example"))).toBe("absent");
    expect(await kindOf(store.commit(1, [alias("c@a.example")]))).toBe("committed");
  },
);

test(
  "a write that slept in a frozen Redis is refused there when a later term has been taken",
  slow,
  async (context) => {
    await using group = await groupIn(context);
    const [old, next] = [group.open({ writeWithinMs: 100 }), group.open()];
    await old.takeTerm(1, true);
    await next.position();
    group.redis.freeze();
    const sleeping = old.commit(1, [alias("late@a.example")]);
    expect(await kindOf(sleeping)).toBe("unavailable");
    const taken = next.takeTerm(2, true);
    group.redis.thaw();
    expect(await taken).toEqual({ kind: "taken" });
    const settled = await next.get("late@a.example");
    await until(async () => (await old.position()).kind === "position");
    expect(await old.commit(1, [alias("later@a.example")])).toEqual({ kind: "stale-term", term: 2 });
    expect(await next.get("late@a.example")).toEqual(settled);
    expect(await next.get("later@a.example")).toEqual({ kind: "absent" });
  },
);

test("what was acknowledged survives a Redis that is killed, under load, and started again", slow, async (context) => {
  await using group = await groupIn(context);
  const store = group.open();
  await store.takeTerm(1, true);
  const acknowledged: string[] = [];
  const writing = Array.from({ length: 4 }, async (_, lane) => {
    for (let n = 0; ; n++) {
      const address = `u${lane}-${n}@a.example`;
      const result = await store.commit(1, [alias(address)]);
      if (result.kind !== "committed") return;
      acknowledged.push(address);
    }
  });
  await until(() => acknowledged.length >= 100);
  await group.redis.kill();
  await Promise.all(writing);
  expect(await kindOf(store.get("u0-0@a.example"))).toBe("unavailable");
  await group.redis.start();
  await until(async () => (await store.position()).kind === "position");
  const kinds = new Set<string>();
  for (const address of acknowledged) kinds.add(await kindOf(store.get(address)));
  expect([...kinds]).toEqual(["record"]);
  expect(await kindOf(store.commit(1, [alias("after@a.example")]))).toBe("committed");
});

test("a commit whose answer was lost is made once, and answered as it was made", slow, async (context) => {
  await using group = await groupIn(context);
  await using wire = await lossyWire(group.redis);
  const store = group.open({ url: wire.url });
  await store.takeTerm(1, true);
  await store.commit(1, [alias("taken@a.example")]);
  wire.loseNextAnswer();
  const changes = [alias("a@a.example"), alias("taken@a.example", "x@b.example"), alias("a@a.example", "y@b.example")];
  expect(await store.commit(1, changes)).toMatchObject({
    outcomes: [
      { kind: "written", revision: 2 },
      { kind: "conflict", found: { target: "t@b.example", revision: 1 } },
      { kind: "conflict", found: { target: "t@b.example", revision: 2 } },
    ],
    revision: 2,
  });
  expect(wire.connections()).toBe(2);
  expect(await store.position()).toEqual({ kind: "position", term: 1, revision: 2 });
});

test("a read whose connection dies is unavailable, and the next one has a new connection", slow, async (context) => {
  await using group = await groupIn(context);
  await using wire = await lossyWire(group.redis);
  const store = group.open({ url: wire.url });
  await store.takeTerm(1, true);
  wire.loseNextAnswer();
  expect(await store.get("a@a.example")).toEqual({
    kind: "unavailable",
    detail: "the connection to its Redis broke",
  });
  await until(async () => (await store.get("a@a.example")).kind === "absent");
});

test("what is no record is told by its key, and is neither a user nor the lack of one", slow, async (context) => {
  await using group = await groupIn(context);
  const store = group.open();
  await store.takeTerm(1, true);
  await store.commit(1, [alias("moved@a.example")]);
  const { redis } = group;
  const plant: Record<string, () => Promise<string>> = {
    "text@a.example": () => redis.say("SET", "{p1}:record:text@a.example", "garbage"),
    "json@a.example": () => redis.say("SET", "{p1}:record:json@a.example", `1 {"kind":"user"}`),
    "list@a.example": () => redis.say("RPUSH", "{p1}:record:list@a.example", "1"),
    "other@a.example": () => redis.say("COPY", "{p1}:record:moved@a.example", "{p1}:record:other@a.example"),
  };
  for (const [address, act] of Object.entries(plant)) {
    expect(await act()).toMatch(/^[+:]/);
    expect(await kindOf(store.get(address))).toBe("unavailable");
  }
  expect(group.told.filter((detail) => detail.includes("text@a.example"))).toHaveLength(1);
  // A batch with one of them is not made in part.
  const batch = [alias("first@a.example"), alias("text@a.example"), alias("list@a.example")];
  expect(await kindOf(store.commit(1, batch))).toBe("unavailable");
  expect(await kindOf(store.commit(1, [alias("first@a.example"), alias("list@a.example")]))).toBe("unavailable");
  expect(await kindOf(store.get("first@a.example"))).toBe("absent");
  await redis.say("SET", "{p1}:addresses", "garbage");
  expect(await kindOf(store.commit(1, [alias("first@a.example")]))).toBe("unavailable");
  expect(await kindOf(store.get("first@a.example"))).toBe("absent");
  await redis.say("SET", "{p1}:position", "garbage");
  expect(await kindOf(store.position())).toBe("unavailable");
  expect(await kindOf(store.takeTerm(2, true))).toBe("unavailable");
});

test(
  "a Redis that lost its data is unavailable, and takes no write of a term it does not know",
  slow,
  async (context) => {
    await using group = await groupIn(context);
    const store = group.open();
    await store.takeTerm(3, true);
    await store.commit(3, [alias("a@a.example")]);
    await group.redis.say("FLUSHALL");
    expect(await kindOf(store.get("a@a.example"))).toBe("unavailable");
    expect(await store.commit(3, [alias("b@a.example")])).toEqual({ kind: "stale-term", term: 0 });
    // Nor does the next writer begin it anew: of everybody it would be said that there is no such user.
    expect(await kindOf(group.open().takeTerm(4, false))).toBe("unavailable");
    expect(await kindOf(store.get("a@a.example"))).toBe("unavailable");
  },
);

test("a Redis that forgot its scripts is told them again", slow, async (context) => {
  await using group = await groupIn(context);
  const store = group.open();
  await store.takeTerm(1, true);
  await group.redis.say("SCRIPT", "FLUSH");
  expect(await kindOf(store.commit(1, [alias("a@a.example")]))).toBe("committed");
});

test("a Redis without memory refuses a write whole, and goes on being read", slow, async (context) => {
  await using group = await groupIn(context);
  const store = group.open();
  await store.takeTerm(1, true);
  await group.redis.say("CONFIG", "SET", "maxmemory", "1");
  expect(await store.commit(1, [alias("a@a.example"), alias("b@a.example")])).toEqual({
    kind: "unavailable",
    detail: "its Redis refused it (OOM)",
  });
  expect(await store.position()).toEqual({ kind: "position", term: 1, revision: 0 });
});

test("no more calls are under way than the bound says", slow, async (context) => {
  await using group = await groupIn(context);
  const store = group.open({ pendingCalls: 3 });
  await store.takeTerm(1, true);
  group.redis.freeze();
  const ended: number[] = [];
  const calls = Array.from({ length: 5 }, (_, index) => store.get("a@a.example").then(() => ended.push(index)));
  await Promise.all(calls.slice(3));
  expect(ended).toEqual([3, 4]);
  group.redis.thaw();
  await Promise.all(calls);
});

test("a call that nobody waits for any more is under way until its connection has gone", slow, async (context) => {
  await using group = await groupIn(context);
  const store = group.open({ pendingCalls: 3, readWithinMs: 20, silentMs: 2_000 });
  await store.takeTerm(1, true);
  group.redis.freeze();
  const given = await Promise.all(Array.from({ length: 3 }, () => store.get("a@a.example")));
  expect(given.map(({ kind }) => kind)).toEqual(["unavailable", "unavailable", "unavailable"]);
  expect(await store.get("a@a.example")).toEqual({ kind: "unavailable", detail: "too much is asked of its Redis" });
  group.redis.thaw();
  await until(async () => (await store.get("a@a.example")).kind === "absent");
});

test("a store that is closed while it waits for its Redis answers, and waits no more", slow, async (context) => {
  await using group = await groupIn(context);
  group.redis.freeze();
  const store = group.open({ readWithinMs: 50_000, connectWithinMs: 50_000, silentMs: 50_000 });
  const reading = store.get("a@a.example");
  await store.close();
  expect(await kindOf(reading)).toBe("unavailable");
});

test("a Redis that is not there yet is found once it is", slow, async (context) => {
  await using group = await groupIn(context);
  await group.redis.kill();
  const store = group.open();
  expect(await kindOf(store.takeTerm(1, true))).toBe("unavailable");
  await group.redis.start();
  await until(async () => (await store.takeTerm(1, true)).kind === "taken");
});

test("neither an answer nor what an operator is told holds the password of a Redis", slow, async (context) => {
  await using group = await groupIn(context, "--requirepass", "the right one");
  const wrong = group.open({ url: group.redis.url.replace("//", "//:a-wrong-secret@") });
  const readings = [await wrong.get("a@a.example"), await wrong.takeTerm(1, true)];
  expect(readings.map(({ kind }) => kind)).toEqual(["unavailable", "unavailable"]);
  expect(JSON.stringify([readings, group.told])).not.toContain("secret");
  const right = group.open({ url: group.redis.url.replace("//", "//:the%20right%20one@") });
  expect(await right.takeTerm(1, true)).toEqual({ kind: "taken" });
});
