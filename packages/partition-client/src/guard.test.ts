import { expect, test } from "vitest";
import { parseAddress, type Address, type GuardSettings } from "@cordon/model";
import { systemClock } from "@cordon/runtime";
import { mailbox, mapOf, settings, startCaller, startRole, unjudged, until, verified } from "./lab.fixture.ts";

const ann = parseAddress("ann@one.test") as Address;
const signIn = { address: "ann@one.test", password: "x" };
const seats = (count: number, waiting: number): GuardSettings["bulkhead"] => ({
  kind: "per-partition",
  seats: count,
  waiting,
  waitMs: 5000,
});
const patient = { verify: 5000, lookup: 5000 };

test("a call is answered by the partition its domain lives in", async () => {
  await using one = await startRole("p1a");
  await using two = await startRole("p2a");
  await using caller = startCaller(unjudged, mapOf(1, { p1: [one], p2: [two] }));
  expect(await caller.client.lookup(ann, {})).toEqual({
    kind: "answered",
    value: mailbox,
    partition: "p1",
    instance: "p1a",
  });
  expect(await caller.client.verify(signIn, {})).toMatchObject({ kind: "answered", value: verified });
  expect(two.seen).toEqual([]);
});

test("before the first map calls are refused, and ready waits for it", async () => {
  await using role = await startRole("p1a");
  await using caller = startCaller(unjudged, undefined);
  expect(await caller.client.lookup(ann, {})).toEqual({
    kind: "unavailable",
    partition: undefined,
    reason: "no-map",
    retryAfterMs: 1000,
  });
  expect(caller.client.locate("one.test")).toBeUndefined();
  const ready = caller.client.ready();
  caller.publish(mapOf(1, { p1: [role] }));
  await ready;
  expect(caller.client.locate("one.test")).toEqual({ partition: "p1", hosted: true });
  expect(caller.client.locate("elsewhere.example")).toMatchObject({ hosted: false });
  expect(caller.client.partitions()).toEqual(["p1"]);
});

test("push-back is handed on with its delay, and is not asked of a sibling", async () => {
  await using a = await startRole("p1a", () => "busy");
  await using b = await startRole("p1b", () => "busy");
  await using caller = startCaller(unjudged, mapOf(1, { p1: [a, b] }));
  expect(await caller.client.verify(signIn, {})).toEqual({ kind: "busy", partition: "p1", retryAfterMs: 2000 });
  expect(a.seen.length + b.seen.length).toBe(1);
});

test("a try that breaks is made again at the sibling", async () => {
  await using a = await startRole("p1a", () => "reset");
  await using b = await startRole("p1b");
  await using caller = startCaller(unjudged, mapOf(1, { p1: [a, b] }));
  for (let call = 0; call < 4; call++)
    expect(await caller.client.lookup(ann, {})).toMatchObject({ kind: "answered", instance: "p1b" });
});

test("a call ends at its deadline, whatever the tries it had left", async () => {
  await using role = await startRole("p1a", () => "silent");
  await using caller = startCaller(unjudged, mapOf(1, { p1: [role] }));
  const deadline = systemClock.now() + 60;
  const answer = await caller.client.lookup(ann, { deadline });
  expect(answer).toMatchObject({ kind: "unavailable", reason: "deadline" });
  expect(role.seen).toHaveLength(1);
  const said = Number(role.seen[0]?.headers["x-cordon-deadline-ms"]);
  expect(said).toBeGreaterThan(0);
  expect(said).toBeLessThanOrEqual(60);
});

test("a caller that leaves takes its attempt with it", async () => {
  await using role = await startRole("p1a", () => "silent");
  const slow = { ...unjudged, attemptTimeoutMs: patient, deadlineMs: patient };
  await using caller = startCaller(slow, mapOf(1, { p1: [role] }));
  const leaving = new AbortController();
  const answer = caller.client.lookup(ann, { signal: leaving.signal });
  await until(() => role.seen.length === 1, "the attempt");
  leaving.abort();
  expect(await answer).toMatchObject({ kind: "unavailable", reason: "deadline" });
  await until(() => role.open.size === 0, "the connection to end");
});

test("no more attempts run than there are seats, and a seat is free only when its attempt has ended", async () => {
  await using role = await startRole("p1a", () => "held");
  const slow = { ...unjudged, bulkhead: seats(2, 64), attemptTimeoutMs: patient, deadlineMs: patient };
  await using caller = startCaller(slow, mapOf(1, { p1: [role] }));
  const answers = Array.from({ length: 6 }, () => caller.client.lookup(ann, {}));
  for (let served = 0; served < 6; served += 2) {
    await until(() => role.seen.length === served + 2, "two more attempts to run");
    role.release();
    await until(() => role.answered === served + 2, "two answers");
  }
  for (const answer of await Promise.all(answers)) expect(answer.kind).toBe("answered");
  expect(role.mostOpen).toBe(2);
});

test("attempts that time out give their seats back only with their connections", async () => {
  await using role = await startRole("p1a", () => "silent");
  const hasty = {
    ...unjudged,
    bulkhead: seats(1, 64),
    attemptTimeoutMs: { verify: 20, lookup: 20 },
    retry: { ...unjudged.retry, attempts: 0 },
  };
  await using caller = startCaller(hasty, mapOf(1, { p1: [role] }));
  await Promise.all(Array.from({ length: 5 }, () => caller.client.lookup(ann, {})));
  expect(role.seen).toHaveLength(5);
  // The server sees an end of a connection a moment after it was destroyed here; never two attempts beyond that.
  expect(role.mostOpen).toBeLessThanOrEqual(2);
});

test("who finds neither a seat nor a place to wait is refused at once", async () => {
  await using role = await startRole("p1a", () => "held");
  const slow = { ...unjudged, bulkhead: seats(1, 1), attemptTimeoutMs: patient, deadlineMs: patient };
  await using caller = startCaller(slow, mapOf(1, { p1: [role] }));
  const first = caller.client.lookup(ann, {});
  await until(() => role.open.size === 1, "the first attempt");
  const second = caller.client.lookup(ann, {});
  const third = await caller.client.lookup(ann, {});
  expect(third).toMatchObject({ kind: "unavailable", partition: "p1", reason: "bulkhead" });
  expect(third.kind === "unavailable" && third.retryAfterMs > 0).toBe(true);
  role.release();
  expect(await first).toMatchObject({ kind: "answered" });
  await until(() => role.open.size === 1, "the second attempt");
  role.release();
  expect(await second).toMatchObject({ kind: "answered" });
});

test("retries are bounded by their budget and not by their number", async () => {
  await using role = await startRole("p1a", () => "unavailable");
  const budget = { ratio: 0.1, reserve: 4 };
  await using caller = startCaller(
    { ...unjudged, retry: { ...unjudged.retry, attempts: 3, budget } },
    mapOf(1, { p1: [role] }),
  );
  for (let call = 0; call < 50; call++) await caller.client.lookup(ann, {});
  expect(role.seen.length).toBe(50 + 4 + Math.floor(50 * 0.1) - 1);
});

test("with deadline, bulkhead and budget off, one silent partition takes the seats of all", async () => {
  await using silent = await startRole("p1a", () => "silent");
  await using well = await startRole("p2a");
  const off: GuardSettings = {
    ...unjudged,
    attemptTimeoutMs: { verify: 150, lookup: 150 },
    deadlineMs: "off",
    bulkhead: { kind: "shared", connections: 4 },
    retry: { attempts: 3, delay: { kind: "fixed", ms: 1 }, budget: "off" },
  };
  await using caller = startCaller(off, mapOf(1, { p1: [silent], p2: [well] }));
  const leaving = new AbortController();
  const startedAt = systemClock.now();
  let arrivedAt = startedAt;
  well.manner = () => {
    arrivedAt = systemClock.now();
    return "answer";
  };
  const hung = Array.from({ length: 4 }, () => caller.client.lookup(ann, { signal: leaving.signal }));
  await until(() => silent.open.size === 4, "the pool to be taken");
  const other = caller.client.lookup(parseAddress("bob@two.test") as Address, {});
  leaving.abort(); // nobody listens to it: deadlines are off
  expect(silent.seen.every(({ headers }) => headers["x-cordon-deadline-ms"] === undefined)).toBe(true);
  expect(await other).toMatchObject({ kind: "answered" });
  // It got its seat only from an attempt that had hung for its whole time-out.
  expect(arrivedAt - startedAt).toBeGreaterThan(145);
  const answers = await Promise.all(hung);
  expect(answers).toEqual(
    answers.map(() => ({ kind: "unavailable", partition: "p1", reason: "failed", retryAfterMs: 1000 })),
  );
  expect(silent.seen).toHaveLength(16);
  expect(silent.mostOpen).toBeLessThanOrEqual(5);
});

test("a slow first try is hedged at the sibling, and its own end is still taken down", async () => {
  await using a = await startRole("p1a");
  await using b = await startRole("p1b");
  const hedge = { floorMs: 20, share: 1, reserve: 10 };
  const hedging = { ...unjudged, hedge, attemptTimeoutMs: patient, deadlineMs: patient };
  await using caller = startCaller(hedging, mapOf(1, { p1: [a, b] }));
  for (let call = 0; call < 200; call++) await caller.client.lookup(ann, {});
  const before = { a: a.seen.length, b: b.seen.length };
  a.manner = () => "held";
  let hedged = 0;
  while (hedged === 0) {
    const answer = await caller.client.lookup(ann, {});
    expect(answer).toMatchObject({ kind: "answered", instance: "p1b" });
    hedged = a.seen.length - before.a;
  }
  expect(a.open.size).toBe(hedged);
  expect(b.seen.length).toBeGreaterThan(before.b);
  a.release();
  await until(() => a.open.size === 0, "the slower one to end");
});

test("a role instance that leaves the map fails no call in flight, and its connections end", async () => {
  await using a = await startRole("p1a", () => "held");
  await using c = await startRole("p1c");
  const slow = { ...unjudged, attemptTimeoutMs: patient, deadlineMs: patient };
  await using caller = startCaller(slow, mapOf(1, { p1: [a] }));
  const inFlight = caller.client.lookup(ann, {});
  await until(() => a.open.size === 1, "the call to be in flight");
  caller.publish(mapOf(2, { p1: [c] }));
  expect(await caller.client.lookup(ann, {})).toMatchObject({ kind: "answered", instance: "p1c" });
  a.release();
  expect(await inFlight).toMatchObject({ kind: "answered", instance: "p1a" });
  await until(() => a.sockets.size === 0, "the connections to end");
});

test("closing ends what is in flight and leaves no socket and no timer behind", async () => {
  await using role = await startRole("p1a", () => "silent");
  const caller = startCaller(settings, mapOf(1, { p1: [role] }));
  const running = caller.client.lookup(ann, {});
  await until(() => role.open.size === 1 && role.canaries > 0, "a call and a canary in flight");
  await caller.client.close();
  expect(await running).toMatchObject({ kind: "unavailable" });
  await until(() => role.sockets.size === 0, "the sockets to end");
  const canaries = role.canaries;
  expect(await caller.client.lookup(ann, {})).toMatchObject({ kind: "unavailable", reason: "no-map" });
  expect(role.canaries).toBe(canaries);
});
