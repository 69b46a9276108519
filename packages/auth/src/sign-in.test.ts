/** Sign-ins over the wire: what is answered, that what must not be told apart is not, and what each answer costs. */
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { expect, test } from "vitest";
import { deadlineHeader } from "@cordon/model";
import { bodyOf, claimsOf, openDoor, say, signIn, startGround, until } from "./test-support.ts";

const ann = "ann@one.test";
const password = "correct horse";
const user = { password, credentialEpoch: 0 };

test("the right password is worth a token that the published keys verify, and that says who and until when", async () => {
  await using ground = await startGround();
  ground.p1.users.set(ann, { password, credentialEpoch: 3 });
  await using door = await openDoor(ground);

  const said = await signIn(door, "Ann@One.test", password);
  expect(said.status).toBe(200);
  expect(said.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  const { token, ...rest } = bodyOf(said);
  expect(rest).toEqual({ tokenType: "Bearer", expiresInSeconds: 3600, degraded: false });

  const keys = JSON.parse((await say(`${door.url}/.well-known/jwks.json`)).text) as JSONWebKeySet;
  const verified = await jwtVerify(String(token), createLocalJWKSet(keys), { issuer: "https://auth.test" });
  const { iat = 0, exp = 0, jti, ...claims } = verified.payload;
  expect(claims).toEqual({
    iss: "https://auth.test",
    sub: `id of ${ann}`,
    address: ann,
    tenant: "one.test",
    cep: 3,
    degraded: false,
  });
  expect(exp - iat).toBe(3600);
  expect(jti).not.toBe(claimsOf(await signIn(door, ann, password))["jti"]);
});

test("unknown, wrong, empty, disabled and no address at all are one answer, and each is asked of a partition once", async () => {
  await using ground = await startGround();
  const { p1, control } = ground;
  p1.users
    .set(ann, user)
    .set("dan@one.test", { ...user, disabled: true })
    .set("eve@one.test", user);
  await using door = await openDoor(ground);
  await control.revoke("eve@one.test", "disabled");

  const refused = [
    await signIn(door, ann, "wrong"),
    await signIn(door, ann, ""),
    await signIn(door, "nobody.here@one.test", password),
    await signIn(door, "nobody@not-hosted.test", password),
    await signIn(door, "dan@one.test", password),
    await signIn(door, "eve@one.test", password),
    await signIn(door, "no address", password),
    await signIn(door, "", ""),
  ];
  expect(refused[0]).toMatchObject({
    status: 401,
    headers: { "content-type": "application/problem+json; charset=utf-8" },
  });
  expect(new Set(refused.map((said) => JSON.stringify(said))).size).toBe(1);
  expect(p1.asked).toHaveLength(refused.length);
  expect(p1.asked.at(-2)).toEqual({ address: "nobody@nobody.invalid", password });
});

test("a domain written in its own letters and in A-labels is one tenant, and one user", async () => {
  await using ground = await startGround();
  ground.p1.users.set("ann@xn--bcher-kva.example", user);
  await using door = await openDoor(ground);
  for (const address of ["ann@B\u00fccher.example", "ann@xn--bcher-kva.example"])
    expect(claimsOf(await signIn(door, address, password))["tenant"]).toBe("xn--bcher-kva.example");
});

test("who is disabled in control is refused by a door whose partition has not heard of it, until enabled again", async () => {
  await using ground = await startGround();
  const { p1, control } = ground;
  p1.users.set(ann, user);
  await using door = await openDoor(ground);

  await control.revoke(ann, "disabled");
  expect((await signIn(door, ann, password)).status).toBe(401);
  await control.revoke(ann, "password-changed");
  expect((await signIn(door, ann, password)).status).toBe(401);
  await control.revoke(ann, "enabled");
  expect((await signIn(door, ann, password)).status).toBe(200);
  await control.revoke(ann, "deleted");
  expect((await signIn(door, ann, password)).status).toBe(401);
});

test("a partition that has verified under a later epoch than the lock knows better", async () => {
  await using ground = await startGround();
  await using door = await openDoor(ground);
  await ground.control.revoke(ann, "disabled");
  ground.p1.users.set(ann, { password, credentialEpoch: 2 });
  expect((await signIn(door, ann, password)).status).toBe(200);
});

test("a partition that pushes back is a 429 with Retry-After for everybody, and no fallback is asked", async () => {
  await using ground = await startGround();
  const { p1, supervisor } = ground;
  p1.users.set(ann, user);
  p1.manner = "busy";
  await using door = await openDoor(ground);
  const answers = [await signIn(door, ann, password), await signIn(door, "nobody.here@one.test", "x")];
  expect(answers[0]).toMatchObject({ status: 429, headers: { "retry-after": "7" } });
  expect(answers[1]).toEqual(answers[0]);
  expect(supervisor.asks).toEqual([]);
});

test("beyond its bound the door itself says 429, and serves again when there is room", async () => {
  await using ground = await startGround();
  const { p1 } = ground;
  p1.users.set(ann, user);
  p1.manner = "silent";
  await using door = await openDoor(ground, { maxSignIns: 1 });
  const leaving = new AbortController();
  const hung = signIn(door, ann, password, {}, leaving.signal).catch(() => "left");
  await until(() => p1.open === 1);
  p1.manner = "answers";
  expect(await signIn(door, ann, password)).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
  leaving.abort();
  expect(await hung).toBe("left");
  await until(async () => (await signIn(door, ann, password)).status === 200);
});

test("without a seat for the partition the door is busy, and nobody is vouched for", async () => {
  await using ground = await startGround();
  const { p1, supervisor, config } = ground;
  p1.users.set(ann, user);
  const bulkhead = { kind: "per-partition", seats: 1, waiting: 0, waitMs: 1000 } as const;
  await using door = await openDoor(ground, { guard: { ...config.guard, bulkhead } });
  expect((await signIn(door, ann, password)).status).toBe(200);
  await until(() => supervisor.seatsBack === 1);
  p1.manner = "silent";
  const leaving = new AbortController();
  const hung = signIn(door, ann, password, {}, leaving.signal).catch(() => "left");
  await until(() => p1.open === 1);
  expect(await signIn(door, ann, password)).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
  expect(supervisor.asks).toHaveLength(1);
  leaving.abort();
  expect(await hung).toBe("left");
});

test("a client that leaves takes its question along, and no hash is made for it", async () => {
  await using ground = await startGround();
  const { p1, supervisor, control } = ground;
  p1.manner = "silent";
  await using door = await openDoor(ground);
  const leaving = new AbortController();
  const hung = signIn(door, ann, password, {}, leaving.signal).catch(() => "left");
  await until(() => p1.open === 1);
  leaving.abort();
  expect(await hung).toBe("left");
  await until(() => p1.open === 0);
  await control.order("p1", "isolated");
  expect((await signIn(door, ann, password)).status).toBe(503);
  expect(supervisor.asks).toEqual(["auth"]);
});

test("a caller's own deadline is kept: passed is 504, malformed 400, and its haste is no reason for a fallback", async () => {
  await using ground = await startGround();
  const { p1, supervisor, control } = ground;
  p1.users.set(ann, user);
  await using door = await openDoor(ground);
  expect((await signIn(door, ann, password)).status).toBe(200);
  await until(() => supervisor.seatsBack === 1);
  p1.manner = "silent";
  expect((await signIn(door, ann, password, { [deadlineHeader]: "0" })).status).toBe(504);
  expect((await signIn(door, ann, password, { [deadlineHeader]: "soon" })).status).toBe(400);
  expect((await signIn(door, ann, password, { [deadlineHeader]: "200" })).status).toBe(503);
  expect(supervisor.asks).toHaveLength(1);
  await control.order("p1", "isolated");
  expect(bodyOf(await signIn(door, ann, password, { [deadlineHeader]: "10000" }))).toMatchObject({ degraded: true });
});
