/**
 * A partition's Redis stands still for five seconds under load, and nobody replaces it: sign-ins of its partition are
 * answered all the same, by the fallback where the user is known to it, and never by waiting for the thaw; its neighbour
 * notices nothing; and when it goes on, every write that was acknowledged before, meanwhile or after is there, once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { settingsOf, type Lab, type LabUser } from "@cordon/lab";
import { requires, thisMachine } from "@cordon/provision";
import { hasProc, sendSignal } from "@cordon/runtime";
import { mailProgram, startSeededLab } from "../support/lab.ts";
import { until } from "../support/until.ts";
import { writeAll } from "./directory-load.ts";
import { readBack } from "./read-back.ts";
import { signIn, type SignInAnswer } from "./sign-in-load.ts";

const frozenMs = 5_000;
/** A client that waits for the thaw is one that was not answered. */
const patienceMs = frozenMs;
const withinMs = 60_000;
const seed = "a frozen Redis";

/** Sign-ins of one user, one after another, until `ending`; how each was answered, and when it was asked. */
async function askOn(lab: Lab, { address, password }: LabUser, ending: AbortSignal): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  while (!ending.aborted) {
    const at = performance.now();
    const answer = await signIn(lab.urls.auth, address, password, patienceMs);
    asked.push({ at, tookMs: performance.now() - at, answer });
    await delay(50);
  }
  return asked;
}

/** As a role instance of the partition says it. */
async function revisionOf(lab: Lab, partition: string): Promise<number> {
  const instance = lab.instances().find((one) => one.partition === partition);
  if (instance === undefined) throw new Error(`${partition} has role instances`);
  const response = await fetch(new URL("/health", instance.health), { signal: AbortSignal.timeout(patienceMs) });
  return ((await response.json()) as { revision: number }).revision;
}

interface Asked {
  readonly at: number;
  readonly tookMs: number;
  readonly answer: SignInAnswer;
}

// Without /proc nobody can be stopped by name.
test.skipIf(!hasProc())(
  "a Redis that stands still for 5 s under load holds no sign-in up, and nothing acknowledged is lost (needs /proc)",
  { timeout: 300_000 },
  async (context) => {
    await requires("redis-server", context, thisMachine());
    await using seeded = await startSeededLab({
      partitions: 2,
      roleInstances: 2,
      users: 16,
      seed,
      // Nobody may replace what is frozen: it is to be lived with.
      settings: settingsOf("on", ["fence", "failover"]),
      store: "redis",
      mailProgram,
    });
    const { lab, population } = seeded;
    const userOf = (partition: string): LabUser => {
      const user = population.users.find((one) => one.partition === partition);
      if (user === undefined) throw new Error(`${partition} has users`);
      return user;
    };
    const [inside, outside] = [userOf("p1"), userOf("p2")];
    const isServed = async ({ address, password }: LabUser) =>
      (await signIn(lab.urls.auth, address, password, patienceMs)) === "served";
    for (const user of [inside, outside]) await until("it signs in", withinMs, () => isServed(user));
    const redis = lab.processes().find(({ name }) => name === "p1-redis");
    if (redis === undefined) throw new Error("p1 has a Redis");

    const ending = new AbortController();
    const load = { lab, tenants: population.tenants, seed, writers: 3, pauseMs: 300, patienceMs };
    const writes = writeAll(load, ending.signal);
    const [near, far] = [askOn(lab, inside, ending.signal), askOn(lab, outside, ending.signal)];
    let frozenAt = Number.NaN;
    try {
      const filled = await revisionOf(lab, "p1");
      await until("a write is acknowledged before", withinMs, async () => (await revisionOf(lab, "p1")) > filled);
      lab.journal.frozen(redis);
      frozenAt = performance.now();
      sendSignal("SIGSTOP", redis);
      await delay(frozenMs);
      sendSignal("SIGCONT", redis);
      await until("the partition answers again", withinMs, () => isServed(inside));
    } finally {
      sendSignal("SIGCONT", redis);
      ending.abort();
    }
    const written = await writes;
    const meanwhile = (asked: readonly Asked[]): readonly Asked[] =>
      asked.filter(({ at }) => at >= frozenAt && at < frozenAt + frozenMs);
    const [hurt, spared] = [meanwhile(await near), meanwhile(await far)];
    const degraded = hurt.filter(({ answer }) => answer === "degraded");
    expect(degraded.length).toBeGreaterThan(hurt.length / 2);
    // Every one that was asked in the first half was answered before the thaw, whatever the host's pace.
    const early = hurt.filter(({ at }) => at < frozenAt + frozenMs / 2);
    expect(early.filter(({ at, tookMs }) => at + tookMs >= frozenAt + frozenMs)).toEqual([]);
    expect(hurt.filter(({ answer }) => answer === "refused")).toEqual([]);
    expect(spared.filter(({ answer }) => answer === "refused" || answer === "unserved")).toEqual([]);
    expect(written.wrong).toEqual([]);
    expect(written.acknowledged).toBeGreaterThan(0);
    expect(written.unanswered).toBeGreaterThan(0);
    expect(await readBack(lab, written)).toEqual([]);
    console.log(lineOf(hurt, spared), `writes ${written.acknowledged} acknowledged, ${written.unanswered} not`);
  },
);

const lineOf = (hurt: readonly Asked[], spared: readonly Asked[]): string =>
  [hurt, spared]
    .map((asked, index) => {
      const longest = Math.max(...asked.map(({ tookMs }) => tookMs));
      const count = (kind: SignInAnswer): number => asked.filter(({ answer }) => answer === kind).length;
      return `p${index + 1}: ${count("served")} served, ${count("degraded")} degraded, ${count("unserved")} not, longest ${longest.toFixed(0)} ms;`;
    })
    .join(" ");
