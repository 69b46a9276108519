/** A lab whose partitions stand on Redis: its servers are processes of the lab, kept, fenced and cleared away as all are. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { requires, thisMachine } from "@cordon/provision";
import { hasProc, isAlive, kill, sendSignal } from "@cordon/runtime";
import { followEvents } from "./follow.ts";
import { fillDirectory } from "./fill.ts";
import type { NamedProcess } from "./journal.ts";
import { serviceParts, startLab, startLabOf, type Lab, type LabOptions } from "./lab.ts";
import { markedProcesses } from "./marks.ts";
import { giveOrder } from "./operator.ts";
import { configFile } from "./paths.ts";
import type { LabPlan } from "./plan.ts";
import { redisPassword } from "./redis-conf.ts";
import { populate, type LabUser } from "./population.ts";
import { settingsOf } from "./presets.ts";
import { programs, until, workingDirectory } from "./testing.fixture.ts";

const longMs = 120_000;
const callMs = 5_000;
const never = new AbortController().signal;

const options = (
  root: string,
  runId: string,
  partitions: number,
  roleInstances: number,
): Omit<LabOptions, "tenants"> => ({
  root,
  runId,
  settings: settingsOf("on", ["fence", "failover"]),
  partitions,
  roleInstances,
  faultPoints: false,
  keepsHistory: false,
  store: "redis",
  seed: "seed",
});

const named = (lab: Lab, name: string): NamedProcess => {
  const found = lab.processes().find((process) => process.name === name);
  if (found === undefined) throw new Error(`${name} was never started`);
  return found;
};

/** What auth makes of a sign-in: `own` where the partition answered, `degraded` where the fallback did, else the status. */
async function signIn(lab: Lab, { address, password }: LabUser): Promise<string> {
  const response = await fetch(new URL("/v1/sign-in", lab.urls.auth), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address, password }),
    signal: AbortSignal.timeout(callMs),
  });
  const { degraded } = (await response.json()) as { degraded?: boolean };
  if (response.status !== 200) return String(response.status);
  return degraded === true ? "degraded" : "own";
}

const isOwn = (lab: Lab, user: LabUser) => async () => (await signIn(lab, user)) === "own";

async function addAlias(lab: Lab, address: string, target: string): Promise<number> {
  const url = new URL(`/v1/aliases/${address}`, lab.instances()[0]?.direct);
  const response = await fetch(url, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${lab.token}` },
    body: JSON.stringify({ target }),
    signal: AbortSignal.timeout(callMs),
  });
  return response.status;
}

async function lookUp(lab: Lab, address: string): Promise<unknown> {
  const response = await fetch(new URL("/v1/lookup", lab.instances()[0]?.direct), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address }),
    signal: AbortSignal.timeout(callMs),
  });
  return response.json();
}

/** Takes everything out of a partition's Redis, as a lost disk does. */
async function flush(lab: Lab, partition: string): Promise<void> {
  const { store } = JSON.parse(readFileSync(configFile(lab.dir, "supervisor"), "utf8")) as Pick<LabPlan, "store">;
  if (store.kind !== "redis") throw new Error("the lab stands on Redis");
  const socket = connect(store.ports[partition] ?? 0, "127.0.0.1");
  socket.write(`AUTH ${redisPassword(lab.token, partition)}\r\nFLUSHALL\r\nQUIT\r\n`);
  let said = "";
  for await (const chunk of socket) said += String(chunk);
  expect(said).toBe("+OK\r\n+OK\r\n+OK\r\n");
}

// Without /proc nobody can be stopped by name.
test.skipIf(!hasProc())(
  "a lab on Redis signs in; a Redis that is frozen, killed or failed over costs others nothing and loses nothing (needs /proc)",
  { timeout: longMs },
  async (context) => {
    await requires("redis-server", context, thisMachine());
    await using place = workingDirectory();
    const { tenants, users } = populate(["p1", "p2"], 8);
    await using lab = await startLab({ ...options(place.root, "redis", 2, 2), tenants: [...tenants] }, never);
    await fillDirectory(lab, { tenants, users });
    const [inside, outside] = ["p1", "p2"].map((id) => users.find(({ partition }) => partition === id));
    if (inside === undefined || outside === undefined) throw new Error("each partition has users");
    expect([await signIn(lab, inside), await signIn(lab, outside)]).toEqual(["own", "own"]);
    const kept = `kept@${inside.tenant}`;
    expect(await addAlias(lab, kept, inside.address)).toBe(200);

    const redis = named(lab, "p1-redis");
    lab.journal.frozen(redis);
    sendSignal("SIGSTOP", redis);
    await until("the fallback answers", async () => (await signIn(lab, inside)) === "degraded");
    expect(await signIn(lab, outside)).toBe("own");
    expect(await addAlias(lab, `lost@${inside.tenant}`, inside.address)).toBe(503);
    sendSignal("SIGCONT", redis);
    await until("the partition answers again", isOwn(lab, inside));
    expect(await lookUp(lab, kept)).toEqual({ kind: "alias", target: inside.address });

    kill(redis);
    await until("another Redis runs", () => named(lab, "p1-redis").pid !== redis.pid);
    await until("the partition answers again", isOwn(lab, inside));
    expect(await lookUp(lab, kept)).toEqual({ kind: "alias", target: inside.address });

    const order = { order: "failover", partition: "p1" } as const;
    expect(await giveOrder(order, { lab: lab.dir, root: place.root, timeoutMs: callMs })).toMatchObject({
      kind: "ordered",
    });
    await until("others serve p1", () => lab.instances().some(({ id }) => id === "p1c"));
    await until("the partition answers again", isOwn(lab, inside));
    expect(await lookUp(lab, kept)).toEqual({ kind: "alias", target: inside.address });
    expect(await addAlias(lab, `more@${inside.tenant}`, inside.address)).toBe(200);

    // It loses its data: new role instances do not begin it anew, for then nobody would exist in the partition.
    await flush(lab, "p1");
    expect(await giveOrder(order, { lab: lab.dir, root: place.root, timeoutMs: callMs })).toMatchObject({
      kind: "ordered",
    });
    await until("others serve p1", () => lab.instances().some(({ id }) => id === "p1e"));
    await until("the fallback answers", async () => (await signIn(lab, inside)) === "degraded");
    expect(await lookUp(lab, inside.address)).toMatchObject({ status: 503 });
    expect(await signIn(lab, outside)).toBe("own");

    expect((await lab.close()).left).toEqual([]);
    expect(markedProcesses()?.filter(({ dir }) => dir === lab.dir)).toEqual([]);
  },
);

// Without /proc nobody can be stopped by name.
test.skipIf(!hasProc())(
  "a Redis that is stopped is fenced, and another serves on its data (needs /proc)",
  { timeout: longMs },
  async (context) => {
    await requires("redis-server", context, thisMachine());
    await using place = workingDirectory();
    const { standIn } = programs;
    const parts = { ...serviceParts, programs: { ...serviceParts.programs, auth: standIn, mail: standIn } };
    const settings = settingsOf("on", ["failover"]);
    const tenants = [{ domain: "one.example", partition: "p1" }];
    await using lab = await startLabOf(parts, { ...options(place.root, "fenced", 1, 1), settings, tenants }, never);
    const details: string[] = [];
    const stop = followEvents(lab.eventsDir, ({ kind, detail }) => {
      if (kind === "fenced") details.push(detail);
    });
    try {
      expect(await addAlias(lab, "kept@one.example", "u@one.example")).toBe(200);
      const redis = named(lab, "p1-redis");
      expect(markedProcesses()?.some(({ name, pid }) => name === "p1-redis" && pid === redis.pid)).toBe(true);
      lab.journal.frozen(redis);
      sendSignal("SIGSTOP", redis);
      await until("it is fenced", () => details[0]);
      expect(details[0]).toBe(`p1-redis (pid ${redis.pid}) was stopped and is killed`);
      await until(
        "the next one serves",
        async () => (await addAlias(lab, "more@one.example", "u@one.example")) === 200,
      );
      expect(await lookUp(lab, "kept@one.example")).toEqual({ kind: "alias", target: "u@one.example" });
      expect(isAlive(redis)).toBe(false);
    } finally {
      stop();
    }
  },
);
