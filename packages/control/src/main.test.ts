import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Revocation, RevocationFeed } from "@cordon/model";
import { expect, test } from "vitest";
import { change, makeGround, mapOf, say, startChild, startHere } from "./test-support.ts";

const run = promisify(execFile);

test("everything that was answered is there again after SIGKILL", async () => {
  await using ground = await makeGround();
  const answered: unknown[] = [];
  {
    await using control = await startChild(ground);
    const map = await change(control.url, "PUT", "/v1/map", { from: 0, map: mapOf(1) });
    const state = await change(control.url, "POST", "/v1/operator", { order: "isolate", partition: "p2" });
    const line = await change(control.url, "POST", "/v1/revocations", {
      address: "ann@one.example",
      reason: "disabled",
    });
    answered.push(map.body, state.body, line.body);
    expect([map.status, state.status, line.status]).toEqual([200, 200, 200]);
    await control.kill();
  }
  await using control = await startChild(ground);
  const map = await say(control.url, "GET", "/v1/map");
  const state = await say(control.url, "GET", "/v1/operator");
  const { body } = await say(control.url, "GET", "/v1/revocations");
  expect([map.body, state.body, ...(body as RevocationFeed).entries]).toEqual(answered);
  const next = await change(control.url, "POST", "/v1/revocations", { address: "ann@one.example", reason: "enabled" });
  expect(next.body).toMatchObject({ revision: 2, credentialEpoch: 2 });
});

test("killed in the middle of many changes, control has each one it answered, and gives no epoch twice", async () => {
  await using ground = await makeGround();
  const answered: Revocation[] = [];
  for (let life = 1; life <= 3; life++) {
    await using control = await startChild(ground);
    const asks = Array.from({ length: 40 }, async (_, i) => {
      const given = { address: `u${i % 8}@one.example`, reason: "password-changed" };
      const said = await change(control.url, "POST", "/v1/revocations", given);
      if (said.status === 200) answered.push(said.body as Revocation);
      if (answered.length === life * 20) await control.kill();
    });
    await Promise.allSettled(asks);
  }
  await using control = await startHere(ground.config);
  const { body } = await say(control.url, "GET", "/v1/revocations");
  const { entries } = body as RevocationFeed;
  expect(answered.length).toBeGreaterThanOrEqual(60);
  // A line that is not there has made way for a later one of its address.
  const newest = new Map(entries.map((line) => [line.address, line]));
  const lost = answered.filter((line) => {
    const held = newest.get(line.address);
    return held === undefined || held.revision < line.revision || held.credentialEpoch < line.credentialEpoch;
  });
  expect(lost).toEqual([]);
  const epochs = answered.map(({ address, credentialEpoch }) => `${address} ${credentialEpoch}`);
  expect(new Set(epochs).size).toBe(epochs.length);
});

// The limit of a file's size is set from outside with prlimit, which Linux alone has.
test.runIf(process.platform === "linux")("a disk that takes no more is unavailable and never a false yes", async () => {
  await using ground = await makeGround();
  await using control = await startChild(ground);
  const revoke = (address: string) =>
    change(control.url, "POST", "/v1/revocations", { address: `${address}@one.example`, reason: "disabled" });
  expect((await revoke("before")).status).toBe(200);
  const { size } = await stat(join(ground.config.dataDir, "data.mdb"));
  const limit = (bytes: string) => run("prlimit", ["--pid", String(control.pid), `--fsize=${bytes}:unlimited`]);
  await limit(String(size));
  // Together, as each keeps room in the file for what it may need: one after another they fit into what is there.
  const refused = await Promise.all(Array.from({ length: 60 }, async (_, i) => (await revoke(`during-${i}`)).status));
  await limit("unlimited");
  expect((await revoke("after")).status).toBe(200);
  const { body } = await say(control.url, "GET", "/v1/revocations");
  const { entries } = body as RevocationFeed;
  const yes = refused.flatMap((status, i) => (status === 200 ? [`during-${i}@one.example`] : []));
  expect(refused).toContain(503);
  expect(refused.every((status) => status === 200 || status === 503)).toBe(true);
  const kept = entries.map(({ address }) => address);
  expect([kept.at(0), kept.at(-1)]).toEqual(["before@one.example", "after@one.example"]);
  expect(kept.slice(1, -1).toSorted()).toEqual(yes.toSorted());
});
