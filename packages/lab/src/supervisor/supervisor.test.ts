/**
 * The supervisor with real processes: one lab of two partitions, its control, fault proxies and role instances the real
 * ones, auth and mail stand-ins that say what the test has them say. The tests follow one another on the same lab, as the
 * mishaps of a long day would.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HistoryRecordSchema, type Event, type PartitionMap } from "@cordon/model";
import { openSignedMap } from "@cordon/control-client";
import { createLineParser, isAlive, kill } from "@cordon/runtime";
import { followEvents } from "../follow.ts";
import type { NamedProcess } from "../journal.ts";
import { readLivingLab, type LabInstance } from "../lab-file.ts";
import { startLabOf, type Lab } from "../lab.ts";
import { markedProcesses } from "../marks.ts";
import { giveOrder } from "../operator.ts";
import { dataDir, loopsFile } from "../paths.ts";
import { smallLab, standInParts } from "../small-lab.fixture.ts";
import { until, workingDirectory } from "../testing.fixture.ts";
import { settingsOf } from "../presets.ts";

const longMs = 90_000;
const settings = {
  ...settingsOf("on", []),
  fence: { silentMs: 1_500, checkEveryMs: 100, onePerMs: 500 },
  failover: { redForMs: 300, onePerMs: 60_000 },
};

const place = workingDirectory();
const events: Event[] = [];
let lab: Lab;
let stopFollowing = (): void => {};

beforeAll(async () => {
  lab = await startLabOf(
    standInParts,
    {
      ...smallLab(place.root, "supervised"),
      settings,
      partitions: 2,
      roleInstances: 2,
      keepsHistory: true,
      tenants: [
        { domain: "one.example", partition: "p1" },
        { domain: "two.example", partition: "p2" },
      ],
    },
    new AbortController().signal,
  );
  stopFollowing = followEvents(lab.eventsDir, (event) => events.push(event));
}, longMs);

afterAll(async () => {
  stopFollowing();
  await lab.close();
  await place[Symbol.asyncDispose]();
}, longMs);

const processNamed = (name: string): NamedProcess => {
  const found = lab.processes().find((process) => process.name === name);
  if (found === undefined) throw new Error(`${name} was never started`);
  return found;
};
const instanceNamed = (id: string): LabInstance | undefined => lab.instances().find((instance) => instance.id === id);
const happened = (kind: Event["kind"], about: Partial<Event>, since: number): Event | undefined =>
  events.find(
    (event) =>
      event.kind === kind &&
      event.at > since &&
      (about.partition === undefined || event.partition === about.partition) &&
      (about.instance === undefined || event.instance === about.instance),
  );
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

async function publishedMap(): Promise<PartitionMap | undefined> {
  const response = await fetch(new URL("/v1/map?after=-1&waitMs=0", lab.urls.control));
  return openSignedMap((await response.json()) as Parameters<typeof openSignedMap>[0], lab.mapPublicKey);
}

async function answers(base: string): Promise<boolean> {
  try {
    const response = await fetch(new URL("/v1/lookup", base), {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ address: "nobody@one.example" }),
      signal: AbortSignal.timeout(1_000),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** The stand-in obeys: it judges, or asks for a seat. */
async function tell(base: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(new URL(path, base), { method: "POST", body: JSON.stringify(body) });
  return response.json();
}

/** Waits for the next life of a process that was killed, or killed itself. */
const reborn = (before: NamedProcess): Promise<LabInstance> =>
  until(`${before.name} serves again`, async () => {
    const instance = instanceNamed(before.name);
    return instance !== undefined && instance.pid !== before.pid && (await answers(instance.service)) && instance;
  });

async function killSupervisor(): Promise<void> {
  const before = processNamed("supervisor");
  kill(before);
  await until("another supervisor runs", () => processNamed("supervisor").pid !== before.pid);
}

const parseRecord = createLineParser(HistoryRecordSchema);

test("the event loops of auth and mail are on record from the first beat, and nobody else's", async () => {
  const sources = await until("both have beaten", () => {
    const records = readFileSync(loopsFile(lab.dir), "utf8").trim().split("\n").map(parseRecord);
    const seen = new Set(records.map((record) => (record?.type === "noise" ? record.source : "no noise")));
    return seen.size >= 2 && [...seen].toSorted((a, b) => (a < b ? -1 : 1));
  });
  expect(sources).toEqual(["auth", "mail"]);
});

test("a lab is ready when every role instance answers through its proxy and the map says so", async () => {
  expect(lab.instances().map(({ id }) => id)).toEqual(["p1a", "p1b", "p2a", "p2b"]);
  expect(await Promise.all(lab.instances().map(({ service }) => answers(service)))).toEqual([true, true, true, true]);
  expect((await publishedMap())?.partitions).toEqual([
    {
      id: "p1",
      instances: lab
        .instances()
        .slice(0, 2)
        .map(({ id, service }) => ({ id, service })),
    },
    {
      id: "p2",
      instances: lab
        .instances()
        .slice(2)
        .map(({ id, service }) => ({ id, service })),
    },
  ]);
  expect(readLivingLab(lab.dir)).toMatchObject({ runId: "supervised", urls: lab.urls, partitions: ["p1", "p2"] });
  expect(readFileSync(join(lab.dir, "lab.json"), "utf8")).not.toContain(lab.token);
});

test(
  "a writer that is killed is started again where it was, and its sibling writes in the next term",
  { timeout: longMs },
  async () => {
    const since = now();
    const [before, where] = [processNamed("p1a"), instanceNamed("p1a")];
    kill(before);
    const after = await reborn(before);
    expect({ ...after, pid: 0, startTicks: 0 }).toEqual({ ...where, pid: 0, startTicks: 0 });
    const appointed = await until("a writer is appointed", () =>
      happened("writer-appointed", { partition: "p1" }, since),
    );
    expect(appointed).toMatchObject({ instance: "p1b", detail: "p1b writes in p1, term 2" });
    expect(happened("process-exited", { instance: "p1a" }, since)?.detail).toContain("by SIGKILL");
  },
);

test("a stopped writer is fenced, and only its death makes another the writer", { timeout: longMs }, async () => {
  const since = now();
  const before = processNamed("p1b");
  lab.journal.frozen(before);
  process.kill(before.pid, "SIGSTOP");
  const appointed = await until("a writer is appointed", () =>
    happened("writer-appointed", { partition: "p1" }, since),
  );
  const fenced = happened("fenced", { instance: "p1b" }, since);
  expect(appointed).toMatchObject({ instance: "p1a", detail: "p1a writes in p1, term 3" });
  expect(fenced?.at).toBeLessThan(appointed.at);
  expect(isAlive(before)).toBe(false);
  await reborn(before);
});

test(
  "a queue that storms for hashing seats does not keep another queue from its turn",
  { timeout: longMs },
  async () => {
    const ask = async (base: string, queue: string, holdMs: number) =>
      (await tell(base, "/seat", { queue, remainingMs: 20_000, holdMs })) as { kind: string; tookMs: number };
    const storm = Array.from({ length: 12 }, () => ask(lab.urls.auth, "p1", 60));
    await Promise.race(storm);
    const calm = await ask(lab.urls.mailApi, "p2", 0);
    const stormed = await Promise.all(storm);
    expect([calm, ...stormed].map(({ kind }) => kind)).toEqual(Array.from({ length: 13 }, () => "seat"));
    expect(calm.tookMs).toBeLessThan(Math.max(...stormed.map(({ tookMs }) => tookMs)));
  },
);

test(
  "when the supervisor is killed nothing else dies, and the next one keeps what it finds",
  { timeout: longMs },
  async () => {
    // Spares are the supervisor's own: they end with it, and the next one makes others.
    const rest = () => lab.processes().filter(({ name }) => name !== "supervisor" && !name.startsWith("spare-"));
    const others = rest();
    await killSupervisor();
    const before = processNamed("p2b");
    const since = now();
    kill(before);
    await reborn(before);
    expect(others.filter(({ name }) => name !== "p2b").filter((one) => !isAlive(one))).toEqual([]);
    expect(rest().filter(({ name }) => name !== "p2b")).toEqual(others.filter(({ name }) => name !== "p2b"));
    expect(happened("process-exited", { instance: "p2b" }, since)?.detail).toMatch(
      /how is not known|while no supervisor looked/,
    );
  },
);

test("fault proxies that are lost with their process come back where they were", { timeout: longMs }, async () => {
  const before = lab.instances();
  const fault = processNamed("fault");
  kill(fault);
  await until("the fault process is back", () => processNamed("fault").pid !== fault.pid);
  await until("every proxy answers", async () =>
    (await Promise.all(before.map(({ service }) => answers(service)))).every(Boolean),
  );
  expect(lab.instances()).toEqual(before);
});

test(
  "a partition that a caller judges red for long enough gets new role instances over the same store",
  { timeout: longMs },
  async () => {
    const since = now();
    const old = [processNamed("p2a"), processNamed("p2b")];
    const red = { partition: "p2", operation: "lookup", colour: "red" };
    await tell(lab.urls.auth, "/judge", { ...red, suspectsItself: false });
    const done = await until(
      "the failover is done",
      () => happened("failover-done", { partition: "p2" }, since),
      30_000,
    );
    await tell(lab.urls.auth, "/judge", { ...red, colour: "green", suspectsItself: false });
    expect(
      lab
        .instances()
        .filter(({ partition }) => partition === "p2")
        .map(({ id }) => id),
    ).toEqual(["p2c", "p2d"]);
    expect(old.map(isAlive)).toEqual([false, false]);
    const map = await publishedMap();
    expect(map?.epoch).toBe(2);
    expect(map?.partitions[1]?.instances.map(({ id }) => id)).toEqual(["p2c", "p2d"]);
    const order = ["failover-started", "writer-appointed", "map-published", "failover-done"] as const;
    const stamps = order.map(
      (kind) => happened(kind, kind === "map-published" ? {} : { partition: "p2" }, since)?.at ?? 0,
    );
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
    expect(happened("writer-appointed", { partition: "p2" }, since)?.instance).toBe("p2c");
    expect(done.detail).toMatch(/^p2 is served by p2c, p2d after \d+ ms$/);
  },
);

test("a caller that suspects itself moves nobody", { timeout: longMs }, async () => {
  const since = now();
  const red = { operation: "lookup", colour: "red" };
  await tell(lab.urls.mailApi, "/judge", { ...red, partition: "p2", suspectsItself: true });
  // The order below is carried out after everything that was decided before it.
  expect(
    (await giveOrder({ order: "failover", partition: "p1" }, { lab: lab.dir, root: place.root, timeoutMs: 2_000 }))
      .kind,
  ).toBe("ordered");
  await until("the ordered failover is done", () => happened("failover-done", { partition: "p1" }, since), 30_000);
  expect(happened("failover-started", { partition: "p2" }, since)).toBeUndefined();
  await tell(lab.urls.mailApi, "/judge", { ...red, colour: "green", partition: "p2", suspectsItself: false });
});

test(
  "an ordered failover is carried out once, though the supervisor that did it is killed",
  { timeout: longMs },
  async () => {
    await killSupervisor();
    const since = now();
    await giveOrder({ order: "failover", partition: "p2" }, { lab: undefined, root: place.root, timeoutMs: 2_000 });
    await until("the next order is carried out", () => happened("failover-done", { partition: "p2" }, since), 30_000);
    expect(happened("failover-started", { partition: "p1" }, since)).toBeUndefined();
    expect(lab.instances().map(({ id }) => id)).toEqual(["p1c", "p1d", "p2e", "p2f"]);
  },
);

test(
  "a failover whose supervisor is killed half-way is carried out by the next one, and leaves no role instance over",
  { timeout: longMs },
  async () => {
    const since = now();
    await giveOrder({ order: "failover", partition: "p1" }, { lab: lab.dir, root: place.root, timeoutMs: 2_000 });
    await until("the failover has begun", () => happened("failover-started", { partition: "p1" }, since));
    await killSupervisor();
    await until("the failover is done", () => happened("failover-done", { partition: "p1" }, since), 30_000);
    const serving = lab.instances().filter(({ partition }) => partition === "p1");
    const living = lab.processes().filter((process) => process.name.startsWith("p1") && isAlive(process));
    expect(living.map(({ pid }) => pid).toSorted((a, b) => a - b)).toEqual(
      serving.map(({ pid }) => pid).toSorted((a, b) => a - b),
    );
    expect((await publishedMap())?.partitions[0]?.instances.map(({ id }) => id)).toEqual(serving.map(({ id }) => id));
  },
);

test("a control that comes back without its map is given the present one again", { timeout: longMs }, async () => {
  const before = await publishedMap();
  const control = processNamed("control");
  rmSync(dataDir(lab.dir, "control"), { recursive: true });
  kill(control);
  const after = await until("control has a map of the same epoch", async () => {
    if (processNamed("control").pid === control.pid) return undefined;
    const map = await publishedMap().catch(() => undefined);
    return map?.epoch === before?.epoch && map;
  });
  expect(after).toEqual(before);
});

test("orders for a lab or a partition that is not there are refused with what to do", async () => {
  const options = { lab: undefined, root: place.root, timeoutMs: 2_000 };
  expect(await giveOrder({ order: "isolate", partition: "p9" }, options)).toEqual({
    kind: "no-partition",
    detail: "p9 is not a partition of this lab; it has p1, p2",
  });
  await using empty = workingDirectory();
  expect(await giveOrder({ order: "isolate", partition: "p1" }, { ...options, root: empty.root })).toEqual({
    kind: "no-lab",
    detail: `no lab is running under ${empty.root}; start one: cordon up`,
  });
});

test("a closed lab leaves no process, and is no lab any more", { timeout: longMs }, async () => {
  const started = lab.processes();
  const report = await lab.close();
  expect(report.left).toEqual([]);
  expect(started.filter(isAlive)).toEqual([]);
  expect(markedProcesses()?.filter(({ dir }) => dir === lab.dir)).toEqual([]);
  expect(readLivingLab(lab.dir)).toBeUndefined();
  expect(lab.lost.aborted).toBe(false);
});
