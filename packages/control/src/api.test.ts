import { once } from "node:events";
import { connect } from "node:net";
import {
  ProblemSchema,
  RevocationFeedSchema,
  SignedMapSchema,
  type OperatorState,
  type RevocationFeed,
  type SignedMap,
} from "@cordon/model";
import { openSignedMap } from "@cordon/control-client";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { change, makeGround, mapOf, say, startHere, until, waiting } from "./test-support.ts";

test("a map is published, signed, and handed to whoever has an older one", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const { mapKey } = ground.client(control.url, "test");
  expect(await say(control.url, "GET", "/v1/map?after=-1&waitMs=0")).toMatchObject({ status: 204, body: undefined });
  const put = await change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1) });
  expect(put.status).toBe(200);
  expect(Compile(SignedMapSchema).Check(put.body)).toBe(true);
  const got = await say(control.url, "GET", "/v1/map?after=0&waitMs=0");
  expect(got.body).toEqual(put.body);
  expect(openSignedMap(got.body as SignedMap, mapKey)).toEqual(mapOf(1));
  expect((await say(control.url, "GET", "/v1/map?after=1&waitMs=0")).status).toBe(204);
  expect((await say(control.url, "GET", "/v1/map-key")).body).toEqual({ publicKey: mapKey });
});

test("a map is refused when its epoch is not the next, or the map has moved on, or it leads nowhere", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const put = (from: number, map: unknown) => change(control.url, "PUT", "/v1/map", { from, map });
  expect((await put(0, mapOf(2))).status).toBe(409);
  expect((await put(1, mapOf(2))).status).toBe(409);
  expect((await put(0, mapOf(1))).status).toBe(200);
  expect((await put(0, mapOf(1))).status).toBe(409);
  expect((await put(1, mapOf(2, { pins: { "one.example": "p7" } }))).body).toMatchObject({
    status: 400,
    detail: "the pin of one.example leads to p7, which is not in the map",
  });
  expect((await put(1, { epoch: 2 })).status).toBe(400);
  expect((await put(1, mapOf(2))).status).toBe(200);
  const body = {
    from: 2,
    map: mapOf(3, { tenants: Array.from({ length: 50_000 }, (_, i) => `${"long".repeat(15)}.${i}`) }),
  };
  expect((await change(control.url, "PUT", "/v1/map", body)).status).toBe(413);
});

test("of two maps made from one epoch, one is published", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const both = await Promise.all([
    change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1, { tenants: ["one.example"] }) }),
    change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1, { tenants: ["two.example"] }) }),
  ]);
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const winner = both.find(({ status }) => status === 200);
  expect((await say(control.url, "GET", "/v1/map")).body).toEqual(winner?.body);
});

test("nothing is changed without the lab's token, and the body is not even looked at", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  for (const [method, path] of [
    ["PUT", "/v1/map"],
    ["POST", "/v1/operator"],
    ["POST", "/v1/revocations"],
  ] as const) {
    for (const options of [{}, { token: "another-token-of-length" }]) {
      const said = await say(control.url, method, path, { nonsense: true }, options);
      expect(said.status).toBe(403);
      expect(Compile(ProblemSchema).Check(said.body)).toBe(true);
      expect(said.headers.get("content-type")).toContain("application/problem+json");
    }
  }
  expect((await say(control.url, "GET", "/health")).body).toMatchObject({ epoch: 0, revocationRevision: 0 });
});

test("the operator's orders are kept by partition, and a partition that is not in the map is not found", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const order = (name: string, partition: string) =>
    change(control.url, "POST", "/v1/operator", { order: name, partition });
  expect((await order("isolate", "p1")).status).toBe(404);
  await change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1) });
  expect((await order("isolate", "p1")).body).toMatchObject({ revision: 1, partitions: { p1: { mode: "isolated" } } });
  expect((await order("failover", "p2")).body).toMatchObject({ failovers: [{ revision: 2, partition: "p2" }] });
  const rejoined = await order("rejoin", "p1");
  expect(rejoined.body).toMatchObject({ revision: 3, partitions: { p1: { mode: "automatic", revision: 3 } } });
  expect((await order("isolate", "p3")).body).toMatchObject({
    type: "urn:cordon:problem:not-found",
    detail: "p3 is not a partition of the map",
  });
  expect((await order("explode", "p1")).status).toBe(400);
  expect((await say(control.url, "GET", "/v1/operator?after=-1")).body).toEqual(rejoined.body);
});

test("each line of an address raises its credential epoch, whatever the spelling of the address", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const revoke = (address: string, reason: string) =>
    change(control.url, "POST", "/v1/revocations", { address, reason });
  expect((await revoke("Ann@One.example", "disabled")).body).toMatchObject({
    revision: 1,
    address: "ann@one.example",
    credentialEpoch: 1,
  });
  expect((await revoke("bob@one.example", "deleted")).body).toMatchObject({ revision: 2, credentialEpoch: 1 });
  expect((await revoke("ann@ONE.example", "enabled")).body).toMatchObject({ revision: 3, credentialEpoch: 2 });
  expect((await revoke("not an address", "deleted")).status).toBe(400);
  expect((await revoke("ann@one.example", "forgotten")).status).toBe(400);
  expect((await say(control.url, "GET", "/v1/revocations?after=3")).body).toMatchObject({
    revision: 3,
    upTo: 3,
    entries: [],
  });
});

test("a domain's own letters and its A-labels lock one and the same user out", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const epochs: unknown[] = [];
  for (const address of ["ann@B\u00fccher.example", "ann@xn--bcher-kva.example"])
    epochs.push((await change(control.url, "POST", "/v1/revocations", { address, reason: "disabled" })).body);
  expect(epochs).toMatchObject([
    { address: "ann@xn--bcher-kva.example", credentialEpoch: 1 },
    { address: "ann@xn--bcher-kva.example", credentialEpoch: 2 },
  ]);
});

test("the revocation log is read in pages of a thousand, in order, without a gap", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  const total = 1500;
  await Promise.all(
    Array.from({ length: total }, (_, i) =>
      change(control.url, "POST", "/v1/revocations", { address: `u${i}@one.example`, reason: "disabled" }),
    ),
  );
  const page = async (after: number) => {
    const { body } = await say(control.url, "GET", `/v1/revocations?after=${after}&waitMs=0`);
    const fits = Compile(RevocationFeedSchema);
    if (!fits.Check(body)) throw new Error("the feed does not fit its schema");
    return body;
  };
  const first = await page(-1);
  const second = await page(1000);
  expect([first.revision, first.entries.length, second.entries.length]).toEqual([total, 1000, 500]);
  const lines = [...first.entries, ...second.entries];
  expect(lines.map(({ revision }) => revision)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  expect([first.upTo, second.upTo]).toEqual([1000, total]);
});

test("of an address the log keeps its newest line and the lock that stands, and says how far it is complete", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  for (const reason of ["password-changed", "disabled", "password-changed", "password-changed"])
    await change(control.url, "POST", "/v1/revocations", { address: "ann@one.example", reason });
  await change(control.url, "POST", "/v1/revocations", { address: "bob@one.example", reason: "disabled" });
  const after = async (revision: number) => (await say(control.url, "GET", `/v1/revocations?after=${revision}`)).body;
  expect(await after(0)).toMatchObject({
    revision: 5,
    upTo: 5,
    entries: [
      { revision: 2, reason: "disabled", credentialEpoch: 2 },
      { revision: 4, reason: "password-changed", credentialEpoch: 4 },
      { revision: 5, address: "bob@one.example" },
    ],
  });
  await change(control.url, "POST", "/v1/revocations", { address: "ann@one.example", reason: "enabled" });
  expect(await after(0)).toMatchObject({
    revision: 6,
    entries: [{ revision: 5 }, { revision: 6, credentialEpoch: 5 }],
  });
  expect(await after(6)).toMatchObject({ revision: 6, upTo: 6, entries: [] });
});

test("a line too old to speak against any credential goes, a lock stays, and no epoch is given twice", async () => {
  await using ground = await makeGround({ keepRevocationsMs: 0.001, maxRevocations: 2 });
  await using control = await startHere(ground.config);
  const revoke = (name: string, reason: string) =>
    change(control.url, "POST", "/v1/revocations", { address: `${name}@one.example`, reason });
  expect((await revoke("locked", "disabled")).status).toBe(200);
  // Each finds the one before it spent: a log that kept them all would be full at the second.
  for (const name of ["ann", "bob", "cat", "ann"])
    await until(async () => (await revoke(name, "password-changed")).status === 200);
  const { entries, upTo, revision } = (await say(control.url, "GET", "/v1/revocations")).body as RevocationFeed;
  expect(entries[0]).toMatchObject({ revision: 1, address: "locked@one.example" });
  expect(entries.at(-1)).toMatchObject({ address: "ann@one.example", credentialEpoch: 2 });
  expect(entries.length).toBe(2);
  expect(upTo).toBe(revision);
});

test("a store has a name of its own, which it keeps, and a poll that names another begins anew", async () => {
  await using ground = await makeGround();
  const storeOf = async (url: string, query = ""): Promise<OperatorState> =>
    (await say(url, "GET", `/v1/operator${query}`)).body as OperatorState;
  const first = await (async () => {
    await using control = await startHere(ground.config);
    return (await storeOf(control.url)).store;
  })();
  await using again = await startHere(ground.config);
  expect((await storeOf(again.url)).store).toBe(first);
  await using elsewhere = await makeGround();
  await using other = await startHere(elsewhere.config);
  expect((await storeOf(other.url)).store).not.toBe(first);
  const revoked = { address: "ann@one.example", reason: "disabled" };
  await change(other.url, "POST", "/v1/revocations", revoked);
  expect(await storeOf(other.url, `?after=7&waitMs=60000&store=${first}`)).toMatchObject({ revision: 0 });
  const feed = await say(other.url, "GET", `/v1/revocations?after=7&waitMs=60000&store=${first}`);
  expect(feed.body).toMatchObject({ revision: 1, upTo: 1, entries: [revoked] });
});

test("a poll is held until something newer comes, and only by what its own feed brings", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  await change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1) });
  const map = say(control.url, "GET", "/v1/map?after=1&waitMs=60000");
  const operator = say(control.url, "GET", "/v1/operator?after=0&waitMs=60000");
  const revocations = say(control.url, "GET", "/v1/revocations?after=0&waitMs=60000");
  await until(async () => (await waiting(control.url)) === 3);
  await change(control.url, "POST", "/v1/operator", { order: "isolate", partition: "p2" });
  expect((await operator).body).toMatchObject({ revision: 1 });
  expect(await waiting(control.url)).toBe(2);
  await change(control.url, "POST", "/v1/revocations", { address: "ann@one.example", reason: "disabled" });
  expect((await revocations).body).toMatchObject({ revision: 1, entries: [{ address: "ann@one.example" }] });
  await change(control.url, "PUT", "/v1/map", { from: 1, map: mapOf(2) });
  expect((await map).status).toBe(200);
  expect(await waiting(control.url)).toBe(0);
});

test("a poll whose time is over is answered with nothing new", async () => {
  await using ground = await makeGround({ polls: { maxWaiting: 4, longestWaitMs: 20 } });
  await using control = await startHere(ground.config);
  expect((await say(control.url, "GET", "/v1/map?after=-1&waitMs=5")).status).toBe(204);
  expect((await say(control.url, "GET", "/v1/operator?after=0&waitMs=999999")).body).toMatchObject({ revision: 0 });
  expect((await say(control.url, "GET", "/v1/revocations?after=0&waitMs=5")).body).toMatchObject({
    revision: 0,
    upTo: 0,
    entries: [],
  });
});

test("one poll more than may wait is busy, and a client that leaves gives its place back", async () => {
  await using ground = await makeGround({ polls: { maxWaiting: 1, longestWaitMs: 60_000 } });
  await using control = await startHere(ground.config);
  const { hostname, port } = new URL(control.url);
  const client = connect(Number(port), hostname);
  await once(client, "connect");
  client.write("GET /v1/map?after=-1&waitMs=60000 HTTP/1.1\r\nhost: control\r\n\r\n");
  await until(async () => (await waiting(control.url)) === 1);
  const refused = await say(control.url, "GET", "/v1/operator?after=0&waitMs=60000");
  expect(refused).toMatchObject({ status: 429, body: { retryAfterMs: 1000 } });
  expect(refused.headers.get("retry-after")).toBe("1");
  expect((await say(control.url, "GET", "/v1/operator?after=-1&waitMs=60000")).status).toBe(200);
  client.destroy();
  await until(async () => (await waiting(control.url)) === 0);
});

test("a poll that makes no sense is refused", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  for (const query of ["after=x", "after=-2", "waitMs=-1", "waitMs=1e9", "after=1&after=2", "since=1"])
    expect((await say(control.url, "GET", `/v1/operator?${query}`)).status).toBe(400);
});

test("closing answers what waits and leaves nothing open", async () => {
  await using ground = await makeGround();
  const control = await startHere(ground.config);
  const held = say(control.url, "GET", "/v1/map?after=-1&waitMs=60000");
  await until(async () => (await waiting(control.url)) === 1);
  await control[Symbol.asyncDispose]();
  expect((await held).status).toBe(204);
  await expect(say(control.url, "GET", "/health")).rejects.toThrow("fetch failed");
});

test("changes past the bound are busy, and none of them is made", async () => {
  await using ground = await makeGround({ maxPendingChanges: 1 });
  await using control = await startHere(ground.config);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      change(control.url, "POST", "/v1/revocations", { address: `u${i}@one.example`, reason: "disabled" }),
    ),
  );
  const made = answers.filter(({ status }) => status === 200).length;
  expect(made).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(20 - made);
  expect((await say(control.url, "GET", "/v1/revocations")).body).toMatchObject({ revision: made });
});

test("a full revocation log takes no more, and the operator's orders go on", async () => {
  await using ground = await makeGround({ maxRevocations: 1 });
  await using control = await startHere(ground.config);
  const revoke = (name: string) =>
    change(control.url, "POST", "/v1/revocations", { address: `${name}@one.example`, reason: "disabled" });
  expect((await revoke("ann")).status).toBe(200);
  expect(await revoke("bob")).toMatchObject({ status: 503, body: { retryAfterMs: 1000 } });
  // One for an address that has a line already takes its place.
  expect((await revoke("ann")).body).toMatchObject({ revision: 2, credentialEpoch: 2 });
  expect((await change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1) })).status).toBe(200);
  expect((await change(control.url, "POST", "/v1/operator", { order: "isolate", partition: "p1" })).status).toBe(200);
  expect((await say(control.url, "GET", "/v1/revocations")).body).toMatchObject({ revision: 2 });
});
