/** What the door remembers: bounded, across a restart, and each address's lock however many lines come after it. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Revocation, RevocationReason } from "@cordon/model";
import { openAuthStore, type AuthStore, type KeptCredential } from "./store.ts";
import { temporaryFolder } from "./test-support.ts";

const credential = (lastSuccessAt: number, credentialEpoch = 1): KeptCredential => ({
  phc: `$argon2id$ of epoch ${credentialEpoch}`,
  userId: "u1",
  tenant: "one.test",
  credentialEpoch,
  lastSuccessAt,
});

const line = (revision: number, reason: RevocationReason, credentialEpoch: number): Revocation => ({
  revision,
  address: "ann@one.test",
  reason,
  credentialEpoch,
  at: 0,
});

function open(dir: string, maxCredentials = 3): AuthStore & AsyncDisposable {
  const onLost = (error: unknown): never => {
    throw error;
  };
  const store = openAuthStore({ dir, maxCredentials, mapSizeBytes: 4_194_304, onLost });
  return { ...store, [Symbol.asyncDispose]: () => store.close() };
}

test("beyond its bound the credential unused for longest goes first, and the rest is there after a restart", async () => {
  await using folder = await temporaryFolder();
  {
    await using store = open(folder.path);
    for (const [index, name] of ["a", "b", "c"].entries()) store.keep(name, credential(1000 + index));
    store.keep("a", credential(2000));
    store.keep("d", credential(2001));
    expect(["a", "b", "c", "d"].filter((name) => store.credential(name) !== undefined)).toEqual(["a", "c", "d"]);
    expect(store.credential("a")).toEqual(credential(2000));
  }
  {
    await using store = open(folder.path);
    expect(store.credential("c")).toEqual(credential(1002));
    expect(store.credential("b")).toBeUndefined();
    store.forget("c");
    expect(store.credential("c")).toBeUndefined();
  }
  await using store = open(folder.path);
  expect(store.credential("c")).toBeUndefined();
  expect(store.credential("d")).toEqual(credential(2001));
});

test("a restart knows a new hash at once, and a later date to the minute", async () => {
  await using folder = await temporaryFolder();
  {
    await using store = open(folder.path);
    store.keep("a", credential(1_000));
    store.keep("a", credential(60_999));
    store.keep("b", credential(1_000));
    for (let at = 1_000; at <= 200_000; at += 1_000) store.keep("b", credential(at));
    store.keep("c", credential(1_000));
    store.keep("c", credential(1_001, 2));
  }
  await using store = open(folder.path);
  expect(store.credential("a")).toEqual(credential(1_000));
  expect(store.credential("b")).toEqual(credential(181_000));
  expect(store.credential("c")).toEqual(credential(1_001, 2));
});

test("a lower bound, or none at all, drops what was kept before", async () => {
  await using folder = await temporaryFolder();
  {
    await using store = open(folder.path);
    for (const [index, name] of ["a", "b", "c"].entries()) store.keep(name, credential(1000 + index));
  }
  {
    await using store = open(folder.path, 1);
    expect(["a", "b", "c"].filter((name) => store.credential(name) !== undefined)).toEqual(["c"]);
  }
  {
    await using store = open(folder.path, 0);
    expect(store.credential("c")).toBeUndefined();
  }
  await using store = open(folder.path);
  expect(["a", "b", "c"].filter((name) => store.credential(name) !== undefined)).toEqual([]);
});

test("a lock stands until an enable, over other lines, a replay of the log and a restart", async () => {
  await using folder = await temporaryFolder();
  {
    await using store = open(folder.path);
    expect(store.revoked("ann@one.test")).toBeUndefined();
    store.revoke({ store: "log-1", entries: [line(1, "password-changed", 1), line(4, "disabled", 2)] });
    store.revoke({ store: "log-1", entries: [line(7, "password-changed", 3)] });
    expect(store.revoked("ann@one.test")).toEqual({ revision: 7, credentialEpoch: 3, lockEpoch: 2 });
    store.revoke({ store: "log-1", entries: [line(1, "password-changed", 1), line(4, "disabled", 2)] });
  }
  await using store = open(folder.path);
  expect(store.revoked("ann@one.test")).toEqual({ revision: 7, credentialEpoch: 3, lockEpoch: 2 });
  store.revoke({ store: "log-1", entries: [line(8, "enabled", 4)] });
  expect(store.revoked("ann@one.test")).toEqual({ revision: 8, credentialEpoch: 4, lockEpoch: 0 });
  store.revoke({ store: "log-1", entries: [line(9, "deleted", 5)] });
  expect(store.revoked("ann@one.test")).toEqual({ revision: 9, credentialEpoch: 5, lockEpoch: 5 });
});

test("under another log no credential kept before vouches, every lock stands, and its lines are news", async () => {
  await using folder = await temporaryFolder();
  {
    await using store = open(folder.path);
    store.revoke({ store: "log-1", entries: [line(7, "disabled", 3)] });
    store.keep("a", credential(1_000));
  }
  {
    await using store = open(folder.path);
    store.revoke({ store: "log-1", entries: [] });
    expect(store.credential("a")).toEqual(credential(1_000));
    store.revoke({ store: "log-2", entries: [] });
    expect(store.credential("a")).toBeUndefined();
  }
  await using store = open(folder.path);
  expect(store.credential("a")).toBeUndefined();
  expect(store.revoked("ann@one.test")).toEqual({ revision: 0, credentialEpoch: 3, lockEpoch: 3 });
  store.revoke({ store: "log-2", entries: [line(1, "enabled", 4)] });
  expect(store.revoked("ann@one.test")).toEqual({ revision: 1, credentialEpoch: 4, lockEpoch: 0 });
});

test("its files are readable by their owner alone", async () => {
  await using folder = await temporaryFolder();
  await using store = open(folder.path);
  store.keep("a", credential(1));
  const files = await Promise.all(["auth.lmdb", "auth.lmdb-lock"].map((file) => stat(join(folder.path, file))));
  expect(files.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600]);
});
