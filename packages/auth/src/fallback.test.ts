/** Sign-ins while a partition is cut off, over the wire: who is let in, who is not, and that nobody can tell why. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { deadlineHeader } from "@cordon/model";
import { createHasher, createLog, createSupervisorLink, dummyPhc, phcCost, systemClock } from "@cordon/runtime";
import { createFallback } from "./fallback.ts";
import { openAuthStore } from "./store.ts";
import {
  bodyOf,
  claimsOf,
  eventsOf,
  fallbackSettings,
  openDoor,
  signIn,
  startGround,
  temporaryFolder,
  until,
  type Door,
  type Ground,
} from "./test-support.ts";

const ann = "ann@one.test";
const password = "correct horse";
const user = { password, credentialEpoch: 0 };
/** A link with no supervisor at its other end. */
const alone = { socket: null, name: "test", random: Math.random, maxWaiting: 8, loopLagMs: () => 0 };

/** Signs in while the partition answers, and waits until the credential is kept: one more hash has been made. */
async function signInAndKeep({ supervisor, p1 }: Ground, door: Door, address: string): Promise<void> {
  const before = supervisor.seatsBack;
  p1.users.set(address, user);
  expect((await signIn(door, address, password)).status).toBe(200);
  await until(() => supervisor.seatsBack === before + 1);
}

test("a credential that succeeded here vouches while the partition is cut off, for a short token that says so", async () => {
  await using ground = await startGround();
  const { control, config } = ground;
  await using door = await openDoor(ground);
  await signInAndKeep(ground, door, ann);
  await control.order("p1", "isolated");

  const said = await signIn(door, ann, password);
  expect(said.status).toBe(200);
  expect(bodyOf(said)).toMatchObject({ degraded: true, expiresInSeconds: 300 });
  const { iat, exp, ...claims } = claimsOf(said);
  expect(Number(exp) - Number(iat)).toBe(300);
  expect(claims).toMatchObject({ sub: `id of ${ann}`, address: ann, tenant: "one.test", cep: 0, degraded: true });
  await signIn(door, ann, password);

  await control.order("p1", "automatic");
  expect(bodyOf(await signIn(door, ann, password))).toMatchObject({ degraded: false });
  await signIn(door, ann, password);
  const marks = (await eventsOf(config)).filter(({ kind }) => kind.startsWith("fallback-"));
  expect(marks.map(({ kind, partition }) => [kind, partition])).toEqual([
    ["fallback-began", "p1"],
    ["fallback-ended", "p1"],
  ]);
});

test("a partition that is silent and not yet cut off is answered for within the door's time", async () => {
  await using ground = await startGround();
  const { p1, config } = ground;
  await using door = await openDoor(ground, {
    guard: { ...config.guard, deadlineMs: { verify: 200, lookup: 200 } },
  });
  await signInAndKeep(ground, door, ann);
  p1.manner = "silent";
  expect(bodyOf(await signIn(door, ann, password))).toMatchObject({ degraded: true });
  expect(bodyOf(await signIn(door, ann, password, { [deadlineHeader]: "10000" }))).toMatchObject({ degraded: true });
});

test("wrong, not kept, disabled, changed and no address at all are one 503, and each costs one hash", async () => {
  await using ground = await startGround();
  const { control, supervisor } = ground;
  await using door = await openDoor(ground);
  for (const name of [ann, "dan@one.test", "eve@one.test"]) await signInAndKeep(ground, door, name);
  await control.revoke("dan@one.test", "disabled");
  await control.revoke("eve@one.test", "password-changed");
  await control.order("p1", "isolated");
  const asked = supervisor.asks.length;

  const unavailable = [
    await signIn(door, ann, "wrong"),
    await signIn(door, ann, ""),
    await signIn(door, "nobody.here@one.test", password),
    await signIn(door, "nobody@not-hosted.test", password),
    await signIn(door, "dan@one.test", password),
    await signIn(door, "eve@one.test", password),
    await signIn(door, "no address", password),
  ];
  expect(unavailable[0]).toMatchObject({
    status: 503,
    headers: { "content-type": "application/problem+json; charset=utf-8", "retry-after": "1" },
  });
  expect(new Set(unavailable.map((said) => JSON.stringify(said))).size).toBe(1);
  expect(supervisor.asks.slice(asked)).toEqual(unavailable.map(() => "auth"));
});

test("wrong guesses at a partition that answers take nobody's fallback away; a user that is gone has none", async () => {
  await using ground = await startGround();
  const { control, p1 } = ground;
  await using door = await openDoor(ground);
  await signInAndKeep(ground, door, ann);
  await signInAndKeep(ground, door, "dan@one.test");
  p1.users.delete("dan@one.test");
  expect((await signIn(door, ann, "wrong")).status).toBe(401);
  expect((await signIn(door, "dan@one.test", password)).status).toBe(401);
  await control.order("p1", "isolated");
  expect((await signIn(door, ann, password)).status).toBe(200);
  expect((await signIn(door, "dan@one.test", password)).status).toBe(503);
});

test("a log that was not heard of lately vouches for nobody", async () => {
  await using ground = await startGround();
  const { control } = ground;
  await using door = await openDoor(ground, { fallback: { ...fallbackSettings, feedFreshMs: 500 } });
  await signInAndKeep(ground, door, ann);
  await control.order("p1", "isolated");
  control.mood = "silent";
  await until(async () => (await signIn(door, ann, password)).status !== 200);
  expect((await signIn(door, ann, password)).status).toBe(503);
});

test("with the fallback off a partition that is cut off is 503 at once, without a hash", async () => {
  await using ground = await startGround();
  const { control, supervisor, p1 } = ground;
  p1.users.set(ann, user);
  await using door = await openDoor(ground, { fallback: "off" });
  expect((await signIn(door, ann, password)).status).toBe(200);
  await control.order("p1", "isolated");
  expect(await signIn(door, ann, password)).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(supervisor.asks).toEqual([]);
});

test("without a hashing seat in time nobody is vouched for", async () => {
  await using ground = await startGround();
  const { control, supervisor } = ground;
  await using door = await openDoor(ground, { signInBudgetMs: 300, fallbackReserveMs: 200 });
  await signInAndKeep(ground, door, ann);
  await control.order("p1", "isolated");
  supervisor.grants = false;
  expect((await signIn(door, ann, password)).status).toBe(503);
});

test("questions to the fallback are bounded: one too many is 503 at once", async () => {
  await using ground = await startGround();
  const { control, supervisor } = ground;
  await using door = await openDoor(ground, { fallback: { ...fallbackSettings, waiting: 1 } });
  await signInAndKeep(ground, door, ann);
  await control.order("p1", "isolated");
  supervisor.grants = false;
  const first = signIn(door, ann, password);
  await until(() => supervisor.asks.length === 2);
  expect((await signIn(door, ann, password)).status).toBe(503);
  supervisor.grant();
  expect((await first).status).toBe(200);
});

test("one credential is hashed once, however often its user signs in, and again under a new epoch", async () => {
  await using ground = await startGround();
  const { supervisor, p1 } = ground;
  await using door = await openDoor(ground);
  p1.users.set(ann, user);
  supervisor.grants = false;
  await signIn(door, ann, password);
  await signIn(door, ann, password);
  await until(() => supervisor.asks.length === 1);
  supervisor.grant();
  await until(() => supervisor.seatsBack === 1);
  await signIn(door, ann, password);
  await signInAndKeep(ground, door, "dan@one.test");
  expect(supervisor.asks).toHaveLength(2);
  p1.users.set(ann, { password: "battery staple", credentialEpoch: 1 });
  await signIn(door, ann, "battery staple");
  await until(() => supervisor.seatsBack === 3);
  expect(supervisor.asks).toHaveLength(3);
});

test("what is hashed against costs the same, whether a credential is kept or not", async () => {
  await using folder = await temporaryFolder();
  await using scope = new AsyncDisposableStack();
  const link = scope.adopt(createSupervisorLink({ ...alone, clock: systemClock }), (made) => made.close());
  const hasher = scope.adopt(createHasher(link, "auth", systemClock), (made) => made.close());
  const store = scope.adopt(
    openAuthStore({ dir: folder.path, maxCredentials: 2, mapSizeBytes: 4_194_304, onLost: () => {} }),
    (opened) => opened.close(),
  );
  const hashedAgainst: string[] = [];
  const fallback = createFallback({
    settings: fallbackSettings,
    store,
    hasher: {
      hash: (...given) => hasher.hash(...given),
      verify(phc, ...given) {
        hashedAgainst.push(phc);
        return hasher.verify(phc, ...given);
      },
    },
    hostKey: randomBytes(32),
    clock: systemClock,
    log: createLog("test", "error"),
    feedHeardAt: () => systemClock.now(),
    decoy: dummyPhc(randomBytes),
  });
  fallback.remember({ userId: "u1", address: ann, tenant: "one.test", credentialEpoch: 0 }, password);
  await until(() => store.credential(ann) !== undefined);
  const deadline = systemClock.now() + 10_000;
  expect((await fallback.ask(ann, password, deadline)).kind).toBe("vouched");
  expect((await fallback.ask("nobody.here@one.test", password, deadline)).kind).toBe("unavailable");
  expect(hashedAgainst.map((phc) => phc.split("$").slice(1, 4))).toEqual([
    ["argon2id", "v=19", phcCost],
    ["argon2id", "v=19", phcCost],
  ]);
  expect(hashedAgainst[0]).toHaveLength(hashedAgainst[1]?.length ?? 0);
});

test("credentials are kept one after another, at most so many wait, and none is begun while a user's question waits", async () => {
  await using ground = await startGround();
  const { control, supervisor, p2 } = ground;
  await using door = await openDoor(ground, { fallback: { ...fallbackSettings, waiting: 2 } });
  const names = ["a", "b", "c", "d"].map((name) => `${name}@two.test`);
  for (const name of names) p2.users.set(name, user);
  await control.order("p1", "isolated");
  const signInAll = async (): Promise<number[]> => {
    const statuses: number[] = [];
    for (const name of names) statuses.push((await signIn(door, name, password)).status);
    return statuses;
  };

  supervisor.grants = false;
  const question = signIn(door, ann, password);
  await until(() => supervisor.asks.length === 1);
  expect(await signInAll()).toEqual([200, 200, 200, 200]);
  expect(supervisor.asks).toHaveLength(1);
  supervisor.grant();
  expect((await question).status).toBe(503);

  supervisor.grants = false;
  expect(await signInAll()).toEqual([200, 200, 200, 200]);
  expect(supervisor.asks).toHaveLength(2);
  supervisor.grant();
  await until(() => supervisor.seatsBack === 3);
  // Whatever waited longer than its turn would be hashed before this one.
  p2.users.set("e@two.test", user);
  await signIn(door, "e@two.test", password);
  await until(() => supervisor.seatsBack === 4);
  await control.order("p2", "isolated");
  expect(await signInAll()).toEqual([200, 200, 503, 503]);
  expect((await signIn(door, "e@two.test", password)).status).toBe(200);
});
