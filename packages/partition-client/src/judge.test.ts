import { expect, test } from "vitest";
import { parseAddress, type Address, type OperatorState } from "@cordon/model";
import { systemClock } from "@cordon/runtime";
import { mapOf, settings, startCaller, startRole, tenantOf, until, type Caller, type Role } from "./lab.fixture.ts";

const addressAt = (partition: string): Address => parseAddress(`ann@${tenantOf(partition)}`) as Address;
const signInAt = (partition: string) => ({ address: `ann@${tenantOf(partition)}`, password: "x" });
const isolated = (since: unknown, by: "evidence" | "operator") => ({ state: "isolated", by, since });
const order = (revision: number, mode: "isolated" | "automatic"): OperatorState => ({
  revision,
  partitions: { p1: mode === "isolated" ? { mode, revision, since: 1 } : { mode, revision } },
  failovers: [],
});

/** Times so long that a test which has to wait for one of them fails. */
const patient = {
  attemptTimeoutMs: { verify: 60_000, lookup: 60_000 },
  deadlineMs: { verify: 60_000, lookup: 60_000 },
};

/** Four partitions of two role instances. */
async function startDirectory() {
  const scope = new AsyncDisposableStack();
  const roles: Record<string, Role[]> = {};
  for (const partition of ["p1", "p2", "p3", "p4"]) {
    roles[partition] = [];
    for (const letter of ["a", "b"]) roles[partition].push(scope.use(await startRole(`${partition}${letter}`)));
  }
  const at = (partition: string): readonly Role[] => roles[partition] ?? [];
  return { roles, at, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

/** Calls at a steady pace until stopped; keeps what became of each. */
function pace(everyMs: number, call: () => Promise<{ kind: string }>) {
  const kinds: string[] = [];
  const running = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const done = call().then(({ kind }) => void kinds.push(kind));
    running.add(done);
    void done.finally(() => running.delete(done));
  }, everyMs);
  return {
    kinds,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

/** Exchanges of callers, canaries apart. */
const askedOf = (roles: readonly Role[]): number => roles.reduce((sum, role) => sum + role.seen.length, 0);

const about = (caller: Caller, partition: string) =>
  caller.events.filter((event) => event.partition === partition).map(({ kind, operation }) => `${kind} ${operation}`);

test("a partition that goes silent is named red and isolated by its canaries alone, and no other is", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  await until(() => lab.at("p3").every((role) => role.canaries > 1), "the canaries to be answered");
  for (const role of lab.at("p3")) role.manner = () => "silent";
  const red = await caller.event("partition-red", { partition: "p3", operation: "lookup" });
  expect(red.detail).toMatch(/p3a .*overdue.*; p3b .*overdue/);
  await caller.event("partition-isolated", { partition: "p3", operation: "lookup" });
  expect(caller.client.standing("p3", "lookup")).toEqual(isolated(expect.any(Number), "evidence"));
  // Sign-in has not been tried there yet, and neither a sign-in nor a mail has to hang to find out.
  const asked = askedOf(lab.at("p3"));
  await using lookups = pace(10, () => caller.client.lookup(addressAt("p3"), {}));
  await using signIns = pace(10, () => caller.client.verify(signInAt("p3"), {}));
  const canaries = lab.at("p3")[0]?.canaries ?? 0;
  await until(() => (lab.at("p3")[0]?.canaries ?? 0) > canaries + 4, "probes to have been due");
  expect(new Set([...lookups.kinds, ...signIns.kinds])).toEqual(new Set(["unavailable"]));
  expect(askedOf(lab.at("p3"))).toBe(asked);
  for (const partition of ["p1", "p2", "p4"]) {
    expect(await caller.client.lookup(addressAt(partition), {})).toMatchObject({ kind: "answered" });
    expect(about(caller, partition)).toEqual([]);
  }
  expect(caller.judgements).toContainEqual({
    partition: "p3",
    operation: "lookup",
    colour: "red",
    suspectsItself: false,
  });
});

test("a partition that answers again is let back in by its canaries, for look-ups and for sign-in", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  for (const role of lab.at("p3")) role.manner = () => "silent";
  await caller.event("partition-isolated", { partition: "p3", operation: "lookup" });
  await caller.client.verify(signInAt("p3"), {});
  await caller.event("partition-isolated", { partition: "p3", operation: "verify" });
  for (const role of lab.at("p3")) role.manner = () => "answer";
  await caller.event("partition-rejoined", { partition: "p3", operation: "lookup" });
  await caller.event("partition-rejoined", { partition: "p3", operation: "verify" });
  await caller.event("partition-green", { partition: "p3", operation: "lookup" });
  expect(await caller.client.verify(signInAt("p3"), {})).toMatchObject({ kind: "answered" });
  expect(caller.client.standing("p3", "verify")).toEqual({ state: "joined" });
  expect(caller.judgements.filter(({ partition }) => partition === "p3").at(-1)).toMatchObject({ colour: "green" });
});

test("when verify hangs and look-ups answer, sign-in alone is isolated, and probes let it back in", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  await using signIns = pace(25, () => caller.client.verify(signInAt("p3"), {}));
  await until(() => signIns.kinds.length > 4, "sign-ins");
  for (const role of lab.at("p3")) role.manner = ({ operation }) => (operation === "verify" ? "silent" : "answer");
  await caller.event("partition-isolated", { partition: "p3", operation: "verify" });
  expect(caller.client.standing("p3", "lookup")).toEqual({ state: "joined" });
  expect(await caller.client.lookup(addressAt("p3"), {})).toMatchObject({ kind: "answered" });
  const canaries = lab.at("p3")[0]?.canaries ?? 0;
  await until(() => (lab.at("p3")[0]?.canaries ?? 0) > canaries + 6, "canaries enough, were they asked about verify");
  expect(caller.events.filter(({ kind }) => kind === "partition-rejoined")).toEqual([]);
  for (const role of lab.at("p3")) role.manner = () => "answer";
  await caller.event("partition-rejoined", { partition: "p3", operation: "verify" });
  expect(about(caller, "p3").filter((line) => line.endsWith("lookup"))).toEqual([]);
});

test("what waits and what is in flight is told at once when the partition is isolated", async () => {
  await using lab = await startDirectory();
  const narrow = {
    ...settings,
    ...patient,
    bulkhead: { kind: "per-partition", seats: 1, waiting: 8, waitMs: 60_000 },
  } as const;
  await using caller = startCaller(narrow, mapOf(1, lab.roles));
  for (const role of lab.at("p3")) role.manner = () => "silent";
  const answers = Array.from({ length: 4 }, () => caller.client.lookup(addressAt("p3"), {}));
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ reason: "isolated" });
  await until(() => lab.at("p3").every((role) => role.open.size === 0), "the attempt's connection to end");
});

test("when the operator isolates, who waits is told at once, and what is in flight is let end", async () => {
  await using lab = await startDirectory();
  const narrow = {
    ...settings,
    ...patient,
    ejection: "off",
    isolation: "off",
    bulkhead: { kind: "per-partition", seats: 1, waiting: 8, waitMs: 60_000 },
  } as const;
  await using caller = startCaller(narrow, mapOf(1, lab.roles));
  for (const role of lab.at("p1")) role.manner = () => "held";
  const inFlight = caller.client.lookup(addressAt("p1"), {});
  await until(() => lab.at("p1").some((role) => role.open.size === 1), "the call to be in flight");
  const waiting = caller.client.lookup(addressAt("p1"), {});
  caller.order(order(1, "isolated"));
  expect(await waiting).toMatchObject({ kind: "unavailable", reason: "isolated" });
  for (const role of lab.at("p1")) role.release();
  expect(await inFlight).toMatchObject({ kind: "answered" });
});

test("the operator isolates and lets in again, above all evidence and also a partition that is new", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, undefined);
  const changes: string[] = [];
  caller.client.onStanding((partition, operation, { state }) => changes.push(`${partition} ${operation} ${state}`));
  caller.order(order(1, "isolated"));
  caller.publish(mapOf(1, lab.roles));
  for (const operation of ["verify", "lookup", "write"] as const)
    expect(caller.client.standing("p1", operation)).toEqual(isolated(expect.any(Number), "operator"));
  expect(await caller.client.lookup(addressAt("p1"), {})).toMatchObject({ reason: "isolated" });
  const canaries = lab.at("p1")[0]?.canaries ?? 0;
  await until(() => (lab.at("p1")[0]?.canaries ?? 0) > canaries + 4, "canaries enough to rejoin by evidence");
  expect(caller.client.standing("p1", "lookup")).toEqual(isolated(expect.any(Number), "operator"));
  caller.order(order(2, "automatic"));
  expect(await caller.client.lookup(addressAt("p1"), {})).toMatchObject({ kind: "answered" });
  expect(changes).toEqual([
    "p1 verify isolated",
    "p1 lookup isolated",
    "p1 write isolated",
    "p1 verify joined",
    "p1 lookup joined",
    "p1 write joined",
  ]);
});

test("the operator's word stands where isolation by evidence is off", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller({ ...settings, isolation: "off", ejection: "off" }, mapOf(1, lab.roles));
  caller.order(order(1, "isolated"));
  expect(await caller.client.lookup(addressAt("p1"), {})).toMatchObject({ reason: "isolated" });
  caller.order(order(2, "automatic"));
  expect(await caller.client.lookup(addressAt("p1"), {})).toMatchObject({ kind: "answered" });
});

test("of an instance that hangs three exchanges in ten callers notice nothing, and it is named and ejected", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(
    { ...settings, hedge: { floorMs: 20, share: 0.02, reserve: 2 } },
    mapOf(1, lab.roles),
  );
  const [bad] = lab.at("p3");
  if (bad === undefined) throw new Error("p3 has a first role instance");
  await using signIns = pace(20, () => caller.client.verify(signInAt("p3"), {}));
  await until(() => signIns.kinds.length > 20, "sign-ins");
  const injectedAt = systemClock.now();
  let coin = 0;
  bad.manner = () => (coin++ % 10 < 3 ? "silent" : "answer");
  const red = await caller.event("instance-red", { instance: bad.id, operation: "verify" });
  await caller.event("instance-ejected", { instance: bad.id, operation: "verify" });
  expect(red.at - injectedAt).toBeLessThan(3000);
  const asked = bad.seen.length;
  await until(() => signIns.kinds.length > 200, "more sign-ins");
  expect(bad.seen.length).toBeLessThanOrEqual(asked + 1);
  expect(signIns.kinds.filter((kind) => kind !== "answered")).toEqual([]);
  expect(caller.events.filter(({ kind }) => kind === "partition-red" || kind === "partition-isolated")).toEqual([]);
});

test("an instance that stops altogether is ejected, and its sibling serves everybody", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  await using signIns = pace(50, () => caller.client.verify(signInAt("p3"), {}));
  await until(() => signIns.kinds.length > 4, "sign-ins");
  const [stopped] = lab.at("p3");
  if (stopped === undefined) throw new Error("p3 has a first role instance");
  stopped.manner = () => "silent";
  await caller.event("instance-ejected", { instance: stopped.id, operation: "verify" });
  await until(() => signIns.kinds.length > 40, "more sign-ins");
  expect(signIns.kinds.filter((kind) => kind !== "answered")).toEqual([]);
  expect(caller.client.standing("p3", "verify")).toEqual({ state: "joined" });
});

test("a partition that pushes back is busy, and never red", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  for (const role of lab.at("p3")) role.manner = () => "busy";
  await using signIns = pace(10, () => caller.client.verify(signInAt("p3"), {}));
  await until(() => signIns.kinds.length > 100, "sign-ins");
  await until(() => lab.at("p3").every((role) => role.canaries > 10), "canaries");
  expect(new Set(signIns.kinds)).toEqual(new Set(["busy"]));
  expect(caller.events).toEqual([]);
});

test("a caller that finds most partitions silent doubts itself and isolates nobody more", async () => {
  await using lab = await startDirectory();
  const sure = { ...settings, evidence: { ...settings.evidence, hostSlowShare: 1 } };
  await using caller = startCaller(sure, mapOf(1, lab.roles));
  await until(() => lab.at("p4").every((role) => role.canaries > 1), "the canaries to be answered");
  for (const partition of ["p1", "p2", "p3"]) for (const role of lab.at(partition)) role.manner = () => "silent";
  await caller.event("self-suspected");
  expect(caller.events.filter(({ kind }) => kind === "partition-isolated").length).toBeLessThan(3);
  await until(() => caller.judgements.some(({ suspectsItself }) => suspectsItself), "the supervisor to be told");
});

test("when most partitions are late together the host is slow, and nobody turns red", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  await until(() => lab.at("p4").every((role) => role.canaries > 1), "the canaries to be answered");
  for (const partition of ["p1", "p2", "p3", "p4"]) for (const role of lab.at(partition)) role.manner = () => "silent";
  await caller.event("host-slow");
  await until(() => lab.at("p1").every((role) => role.canaries > 10), "more canaries");
  expect(caller.events.map(({ kind }) => kind)).toEqual(["host-slow"]);
});

test("new role instances from a failover bring an isolated partition back at once", async () => {
  await using lab = await startDirectory();
  await using c = await startRole("p3c");
  await using caller = startCaller(settings, mapOf(1, lab.roles));
  for (const role of lab.at("p3")) role.manner = () => "silent";
  await caller.client.verify(signInAt("p3"), {});
  await caller.event("partition-isolated", { partition: "p3", operation: "verify" });
  caller.publish(mapOf(2, { ...lab.roles, p3: [c] }));
  await caller.event("partition-rejoined", { partition: "p3", operation: "verify" });
  expect(await caller.client.verify(signInAt("p3"), {})).toMatchObject({ kind: "answered", instance: "p3c" });
});

test("new role instances are probed by the next call, however long the next probe was off", async () => {
  await using lab = await startDirectory();
  await using c = await startRole("p3c");
  const seldom = { probes: 2, probeEveryMs: 60_000, probeLeaseMs: 400, rejoinSuccesses: 1000 };
  await using caller = startCaller({ ...settings, isolation: seldom }, mapOf(1, lab.roles));
  await using signIns = pace(25, () => caller.client.verify(signInAt("p3"), {}));
  for (const role of lab.at("p3")) role.manner = ({ operation }) => (operation === "verify" ? "silent" : "answer");
  await caller.event("partition-isolated", { partition: "p3", operation: "verify" });
  const refused = signIns.kinds.length;
  await until(() => signIns.kinds.length > refused + 10, "sign-ins to be refused");
  expect(c.seen).toEqual([]);
  caller.publish(mapOf(2, { ...lab.roles, p3: [c] }));
  await until(() => c.answered > 0, "a probe to be answered");
});

test("a probe whose user left, or that found no seat, is no failure: the next call probes in its place", async () => {
  await using lab = await startDirectory();
  const c = lab.at("p4")[0] as Role;
  const settled = {
    ...settings,
    ...patient,
    evidence: { ...settings.evidence, redMisses: 1 },
    bulkhead: { kind: "per-partition", seats: 1, waiting: 0, waitMs: 1 },
    isolation: { probes: 2, probeEveryMs: 60_000, probeLeaseMs: 60_000, rejoinSuccesses: 2 },
  } as const;
  const silent = { p3: lab.at("p3").slice(0, 1) };
  await using caller = startCaller(settled, mapOf(1, silent));
  for (const role of lab.at("p3")) role.manner = ({ operation }) => (operation === "verify" ? "silent" : "answer");
  const signIn = (signal?: AbortSignal) => caller.client.verify(signInAt("p3"), signal === undefined ? {} : { signal });
  await signIn();
  expect(caller.client.standing("p3", "verify")).toEqual(isolated(expect.any(Number), "evidence"));
  c.manner = ({ operation }) => (operation === "verify" ? "held" : "answer");
  caller.publish(mapOf(2, { p3: [c] }));

  const leaving = new AbortController();
  const left = signIn(leaving.signal);
  await until(() => c.seen.length === 1, "the first probe");
  leaving.abort();
  expect(await left).toMatchObject({ kind: "unavailable" });
  const probe = signIn();
  await until(() => c.seen.length === 2, "the probe in its place");
  expect(await signIn()).toMatchObject({ kind: "unavailable", reason: "bulkhead" });
  c.release();
  expect(await probe).toMatchObject({ kind: "answered" });
  c.manner = () => "answer";
  expect(await signIn()).toMatchObject({ kind: "answered" });
  expect(caller.client.standing("p3", "verify")).toEqual({ state: "joined" });
});

test("with ejection and isolation off nobody judges: no canary is sent and nothing is said", async () => {
  await using lab = await startDirectory();
  await using caller = startCaller({ ...settings, ejection: "off", isolation: "off" }, mapOf(1, lab.roles));
  for (const role of lab.at("p3")) role.manner = () => "silent";
  await caller.client.lookup(addressAt("p3"), {});
  await caller.client.lookup(addressAt("p3"), {});
  expect(caller.events.filter(({ kind }) => !kind.startsWith("breaker"))).toEqual([]);
  expect(lab.at("p3").reduce((sum, role) => sum + role.canaries, 0)).toBe(0);
});
