import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { OperatorState, RevocationFeed } from "@cordon/model";
import { createControlClient, type ControlClient, type ControlConfig } from "@cordon/control-client";
import { systemClock } from "@cordon/runtime";
import { expect, test } from "vitest";
import { signMap } from "./map.ts";
import { makeGround, mapOf, startHere, until, waiting } from "./test-support.ts";

const timeoutMs = 10_000;

function clientOf(config: ControlConfig, random = () => 0.5): ControlClient & Disposable {
  const client = createControlClient(config, systemClock, random);
  return { ...client, [Symbol.dispose]: () => client.close() };
}

/** A server that gives every request to `answer`, and says how many came. */
async function answering(answer: (count: number, response: ServerResponse) => void) {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    answer(count, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => count,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a caller follows map, orders and revocations as they come", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  using caller = clientOf(ground.client(control.url, "caller"));
  using supervisor = clientOf(ground.client(control.url, "supervisor"));
  const epochs: number[] = [];
  const states: OperatorState[] = [];
  const feeds: RevocationFeed[] = [];
  expect(caller.feedHeardAt()).toBe(Number.NEGATIVE_INFINITY);
  caller.followMap(({ epoch }) => epochs.push(epoch));
  caller.followOperator((state) => states.push(state));
  caller.followRevocations((feed) => feeds.push(feed));
  await until(async () => (await waiting(control.url)) === 3);
  expect(caller.feedHeardAt()).toBeGreaterThan(0);

  expect(await supervisor.putMap({ from: 0, map: mapOf(1) }, timeoutMs)).toEqual({ kind: "published", map: mapOf(1) });
  expect(await supervisor.putMap({ from: 0, map: mapOf(1) }, timeoutMs)).toEqual({ kind: "conflict" });
  await until(() => epochs.length === 1);
  await supervisor.putMap({ from: 1, map: mapOf(2) }, timeoutMs);
  const ordered = await supervisor.order({ order: "isolate", partition: "p2" }, timeoutMs);
  const revoked = await supervisor.revoke({ address: "ann@one.example", reason: "disabled" }, timeoutMs);
  await until(() => epochs.length === 2 && states.length === 2 && feeds.length === 2);
  expect(epochs).toEqual([1, 2]);
  expect(ordered).toEqual({ kind: "ordered", state: states[1] });
  expect(revoked).toEqual({ kind: "revoked", revocation: feeds[1]?.entries[0] });
});

test("the revocation log is read to its end before the feed counts as heard", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  using writer = clientOf(ground.client(control.url, "writer"));
  // A disk that others keep busy may not take them all in time; a line that is there already makes way for the next try's.
  const write = async (i: number): Promise<boolean> =>
    (await writer.revoke({ address: `u${i}@one.example`, reason: "disabled" }, timeoutMs)).kind === "revoked";
  await Promise.all(Array.from({ length: 1200 }, (_, i) => until(() => write(i))));
  using caller = clientOf(ground.client(control.url, "caller"));
  const heardBefore: boolean[] = [];
  let read = 0;
  caller.followRevocations(({ entries }) => {
    heardBefore.push(Number.isFinite(caller.feedHeardAt()));
    read += entries.length;
  });
  await until(() => Number.isFinite(caller.feedHeardAt()));
  expect(read).toBe(1200);
  expect(heardBefore).toEqual([false, false]);
});

test("a caller that starts while control is gone goes by its copy, and takes the next map when control is back", async () => {
  await using ground = await makeGround();
  const before: number[] = [];
  const url = await (async () => {
    await using control = await startHere(ground.config);
    using caller = clientOf(ground.client(control.url, "caller"));
    await caller.putMap({ from: 0, map: mapOf(1) }, timeoutMs);
    caller.followMap(({ epoch }) => before.push(epoch));
    await until(() => before.length === 1);
    return control.url;
  })();
  const after: number[] = [];
  using caller = clientOf(ground.client(url, "caller"));
  caller.followMap(({ epoch }) => after.push(epoch));
  expect(after).toEqual([1]);
  expect(await caller.revoke({ address: "ann@one.example", reason: "disabled" }, timeoutMs)).toMatchObject({
    kind: "unavailable",
  });
  await using control = await startHere({
    ...ground.config,
    listen: { host: "127.0.0.1", port: Number(new URL(url).port) },
  });
  expect(control.url).toBe(url);
  using supervisor = clientOf(ground.client(url, "supervisor"));
  await supervisor.putMap({ from: 1, map: mapOf(2) }, timeoutMs);
  await until(() => after.length === 2);
  expect(after).toEqual([1, 2]);
});

test("a caller that starts while control is gone goes by the operator's last orders, and then by control's word", async () => {
  await using ground = await makeGround();
  const modes = (states: readonly OperatorState[]): unknown[] => states.map(({ partitions }) => partitions["p2"]?.mode);
  const url = await (async () => {
    await using control = await startHere(ground.config);
    using caller = clientOf(ground.client(control.url, "caller"));
    await caller.putMap({ from: 0, map: mapOf(1) }, timeoutMs);
    const states: OperatorState[] = [];
    caller.followOperator((state) => states.push(state));
    await caller.order({ order: "isolate", partition: "p2" }, timeoutMs);
    await until(() => modes(states).at(-1) === "isolated");
    return control.url;
  })();
  const states: OperatorState[] = [];
  using caller = clientOf(ground.client(url, "caller"));
  caller.followOperator((state) => states.push(state));
  expect(modes(states)).toEqual(["isolated"]);
  await using control = await startHere({
    ...ground.config,
    listen: { host: "127.0.0.1", port: Number(new URL(url).port) },
  });
  expect(control.url).toBe(url);
  using operator = clientOf(ground.client(url, "operator"));
  await operator.order({ order: "rejoin", partition: "p2" }, timeoutMs);
  await until(() => modes(states).at(-1) === "automatic");
  using later = clientOf(ground.client("http://127.0.0.1:9", "caller"));
  const again: OperatorState[] = [];
  later.followOperator((state) => again.push(state));
  expect(modes(again)).toEqual(["automatic"]);
});

test("of a control that lost its store new orders are heard, old ones stand, and its log never counts as heard", async () => {
  await using ground = await makeGround();
  const states: OperatorState[] = [];
  const lines: number[] = [];
  const modes = (): unknown[] => ["p1", "p2"].map((id) => states.at(-1)?.partitions[id]?.mode);
  const first = await startHere(ground.config);
  const { port } = new URL(first.url);
  using caller = clientOf(ground.client(first.url, "caller"), () => 0);
  using operator = clientOf(ground.client(first.url, "operator"), () => 0);
  await operator.putMap({ from: 0, map: mapOf(1) }, timeoutMs);
  for (const partition of ["p2", "p1", "p1"]) await operator.order({ order: "isolate", partition }, timeoutMs);
  await operator.revoke({ address: "ann@one.example", reason: "disabled" }, timeoutMs);
  caller.followOperator((state) => states.push(state));
  caller.followRevocations((feed) => lines.push(...feed.entries.map(({ revision }) => revision)));
  await until(() => modes().every((mode) => mode === "isolated") && Number.isFinite(caller.feedHeardAt()));
  await first[Symbol.asyncDispose]();

  await rm(ground.config.dataDir, { recursive: true });
  await using second = await startHere({ ...ground.config, listen: { host: "127.0.0.1", port: Number(port) } });
  expect(second.url).toBe(first.url);
  await operator.putMap({ from: 0, map: mapOf(1) }, timeoutMs);
  await until(() => states.at(-1)?.revision === 0);
  expect(modes()).toEqual(["isolated", "isolated"]);
  expect(await operator.order({ order: "rejoin", partition: "p1" }, timeoutMs)).toMatchObject({
    state: { revision: 1 },
  });
  await until(() => modes()[0] === "automatic");
  expect(modes()).toEqual(["automatic", "isolated"]);
  await operator.revoke({ address: "bob@one.example", reason: "disabled" }, timeoutMs);
  await until(() => lines.length === 2);
  expect(lines).toEqual([1, 1]);
  expect(caller.feedHeardAt()).toBe(Number.NEGATIVE_INFINITY);

  using later = clientOf(ground.client("http://127.0.0.1:9", "caller"));
  later.followOperator((state) => states.push(state));
  expect(modes()).toEqual(["automatic", "isolated"]);
});

test("a copy that was tampered with, and one that is half there, are no copies", async () => {
  await using ground = await makeGround();
  const forged = signMap(mapOf(9), generateKeyPairSync("ed25519").privateKey);
  for (const text of [JSON.stringify(forged), "{", ""]) {
    await writeFile(join(ground.folder, "caller.map"), text);
    using caller = clientOf(ground.client("http://127.0.0.1:9", "caller"));
    const epochs: number[] = [];
    caller.followMap(({ epoch }) => epochs.push(epoch));
    expect(epochs).toEqual([]);
  }
});

test("a map of another key is never taken, and before each time it is asked for again there is a pause", async () => {
  await using ground = await makeGround();
  const forged = signMap(mapOf(9), generateKeyPairSync("ed25519").privateKey);
  await using impostor = await answering((_count, response) => response.end(JSON.stringify(forged)));
  let pauses = 0;
  const random = (): number => {
    pauses += 1;
    return 0;
  };
  using caller = clientOf(ground.client(impostor.url, "caller"), random);
  const epochs: number[] = [];
  caller.followMap(({ epoch }) => epochs.push(epoch));
  await until(() => impostor.asked() >= 6);
  // The first poll asks for anything at all, so its answer counts as news.
  expect(pauses).toBeGreaterThanOrEqual(impostor.asked() - 2);
  expect(epochs).toEqual([]);
  await expect(readFile(join(ground.folder, "caller.map"))).rejects.toThrow("ENOENT");
});

test("what control refuses is told in its own words, without the token", async () => {
  await using ground = await makeGround();
  await using control = await startHere(ground.config);
  using caller = clientOf(ground.client(control.url, "caller"));
  expect(await caller.order({ order: "isolate", partition: "p9" }, timeoutMs)).toEqual({
    kind: "unavailable",
    detail: "control answered 404 to POST /v1/operator: p9 is not a partition of the map",
  });
  using stranger = clientOf({ ...ground.client(control.url, "stranger"), token: "a-token-of-somebody-else" });
  const refused = await stranger.revoke({ address: "ann@one.example", reason: "disabled" }, timeoutMs);
  expect(refused).toMatchObject({ kind: "unavailable" });
  expect(JSON.stringify(refused)).not.toContain("a-token-of-somebody-else");
});

test("a control that never answers is unavailable when the time is over", async () => {
  await using ground = await makeGround();
  await using silent = await answering(() => {});
  using caller = clientOf(ground.client(silent.url, "caller"));
  const answer = await caller.revoke({ address: "ann@one.example", reason: "disabled" }, 50);
  expect(answer).toMatchObject({ kind: "unavailable" });
});

test("an answer that does not fit is no answer", async () => {
  await using ground = await makeGround();
  await using liar = await answering((_count, response) => response.end('{"revision":"one"}'));
  using caller = clientOf(ground.client(liar.url, "caller"));
  expect(await caller.order({ order: "isolate", partition: "p1" }, timeoutMs)).toEqual({
    kind: "unavailable",
    detail: "control's answer does not fit its schema",
  });
});
