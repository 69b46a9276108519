/**
 * Mishaps in the middle of a failover: the supervisor, control or a new role instance is killed at each of its steps, and
 * orders come in while it runs. Whatever the moment, the lab comes back to the same: every partition served by its own
 * users' passwords, by as many role instances as it shall have, which the map names, and no other alive.
 * One lab, one mishap after another, as on a long day.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { followEvents, giveOrder, settingsOf, type LabInstance, type LabUser } from "@cordon/lab";
import type { Event, OperatorOrder, PartitionMap } from "@cordon/model";
import { openSignedMap } from "@cordon/control-client";
import { hasProc, isAlive, kill, sendSignal, stateOf, systemClock } from "@cordon/runtime";
import { signIn } from "../crash/sign-in-load.ts";
import { cordon } from "../support/cli.ts";
import { mailProgram, startSeededLab, type SeededLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

/** On a host that others keep busy a failover may be given up and tried again before it is done. */
const withinMs = 120_000;
const callMs = 5_000;
/** Without the fence, since control is to stay frozen for as long as a test wants. */
const settings = settingsOf("on", ["fence"]);
const options = { partitions: 2, roleInstances: 2, users: 8, seed: "mishaps", settings, supervisorRestarts: 100 };
const failed = "p2";

/** The steps of a failover, each by the event that it has been taken. */
const steps = ["failover-started", "process-started", "process-ready", "writer-appointed", "map-published"] as const;
type Step = (typeof steps)[number];
type Victim = "supervisor" | "control" | "successor";

const matrix = (["supervisor", "control", "successor"] as const).flatMap((victim) =>
  steps.flatMap((step) => (victim === "successor" && step === "failover-started" ? [] : [{ victim, step }])),
);

let seeded: SeededLab;
let stopFollowing = (): void => {};
const events: Event[] = [];
/** Called with each event, as soon as it is heard of. */
let onEvent = (_event: Event): void => {};

beforeAll(async () => {
  if (!hasProc()) return;
  seeded = await startSeededLab({ ...options, store: "lmdb", mailProgram });
  stopFollowing = followEvents(seeded.lab.eventsDir, (event) => {
    events.push(event);
    onEvent(event);
  });
});

afterAll(async () => {
  stopFollowing();
  // It was never started where nobody could be struck.
  if (hasProc()) await seeded[Symbol.asyncDispose]();
});

const userOf = (partition: string): LabUser => {
  const user = seeded.population.users.find((one) => one.partition === partition);
  if (user === undefined) throw new Error(`${partition} has users`);
  return user;
};

const instancesOf = (partition: string): readonly LabInstance[] =>
  seeded.lab.instances().filter((one) => one.partition === partition);

const order = (what: OperatorOrder["order"], partition = failed) =>
  giveOrder({ order: what, partition }, { lab: seeded.lab.dir, root: seeded.root, timeoutMs: callMs });

async function publishedIds(partition: string): Promise<readonly string[]> {
  const url = new URL("/v1/map?after=-1&waitMs=0", seeded.lab.urls.control);
  const response = await fetch(url, { signal: AbortSignal.timeout(callMs) }).catch(() => undefined);
  const signed =
    response?.status === 200 ? ((await response.json()) as Parameters<typeof openSignedMap>[0]) : undefined;
  const map: PartitionMap | undefined =
    signed === undefined ? undefined : openSignedMap(signed, seeded.lab.mapPublicKey);
  return map?.partitions.find(({ id }) => id === partition)?.instances.map(({ id }) => id) ?? [];
}

/** Nothing is left of the mishap. */
async function isWhole(partition: string): Promise<boolean> {
  const serving = instancesOf(partition).map(({ id }) => id);
  const living = seeded.lab
    .processes()
    .filter((one) => /^p\d+[a-z]+$/.test(one.name) && one.name.startsWith(partition) && isAlive(one))
    .map(({ name }) => name);
  const { address, password } = userOf(partition);
  return (
    serving.length === options.roleInstances &&
    living.toSorted((a, b) => (a < b ? -1 : 1)).join() === serving.join() &&
    (await publishedIds(partition)).join() === serving.join() &&
    (await signIn(seeded.lab.urls.auth, address, password, callMs)) === "served"
  );
}

async function comesBack(): Promise<void> {
  for (const partition of ["p1", failed])
    await until(`${partition} is whole and served`, withinMs, () => isWhole(partition));
  await until("nobody ails", withinMs, () => seeded.lab.ailing().length === 0);
  expect(seeded.lab.lost.aborted).toBe(false);
}

const isReplaced = (before: readonly LabInstance[]) => (): boolean => {
  const now = instancesOf(failed);
  return now.length === options.roleInstances && now.every(({ id }) => !before.some((old) => old.id === id));
};

/** Kills `victim` as soon as the failover that is ordered next has taken `step`. Resolves with who was struck. */
function strikeAt(step: Step, victim: Victim, before: readonly LabInstance[]): Promise<string> {
  const since = systemClock.now();
  const isOld = (instance: string | undefined): boolean => before.some(({ id }) => id === instance);
  const begun = { failover: false };
  return new Promise((resolve) => {
    onEvent = (event) => {
      if (event.at < since || event.source !== "supervisor") return;
      begun.failover ||= event.kind === "failover-started";
      const isOfFailed = event.kind === "map-published" || (event.partition === failed && !isOld(event.instance));
      if (!begun.failover || event.kind !== step || !isOfFailed) return;
      const newest = seeded.lab.processes().toReversed();
      const struck = newest.find(({ name }) =>
        victim === "successor" ? name.startsWith(failed) && !isOld(name) : name === victim,
      );
      if (struck === undefined) return;
      onEvent = () => {};
      kill(struck);
      resolve(struck.name);
    };
  });
}

// Without /proc no process can be told from another that has its pid: nothing may be struck.
describe.skipIf(!hasProc())("of a failover, as /proc on Linux lets it be struck,", () => {
  test.each(matrix)("$victim killed at $step: the lab comes back to all of it", async ({ step, victim }) => {
    await comesBack();
    const before = instancesOf(failed);
    const struck = strikeAt(step, victim, before);
    expect((await order("failover")).kind).toBe("ordered");
    expect(await struck).toMatch(victim === "successor" ? /^p2/ : victim);
    await until(`${failed} has new role instances`, withinMs, isReplaced(before));
    await comesBack();
    expect(before.filter((old) => stateOf(old) !== "gone")).toEqual([]);
  });

  test("two orders at once, and a third while it runs, are one failover", async () => {
    await comesBack();
    const [before, since] = [instancesOf(failed), systemClock.now()];
    const begun = (): readonly Event[] => events.filter(({ kind, at }) => kind === "failover-started" && at > since);
    expect((await Promise.all([order("failover"), order("failover")])).map(({ kind }) => kind)).toEqual([
      "ordered",
      "ordered",
    ]);
    await until("it has begun", withinMs, () => begun().length > 0);
    expect((await order("failover")).kind).toBe("ordered");
    await until(`${failed} has new role instances`, withinMs, isReplaced(before));
    // What comes after it was carried out after it: the orders before are dealt with by then.
    const third = systemClock.now();
    await order("failover", "p1");
    await until("p1 is done", withinMs, () =>
      events.some(({ kind, partition, at }) => kind === "failover-done" && partition === "p1" && at > third),
    );
    await comesBack();
    expect(begun().map(({ partition }) => partition)).toEqual([failed, "p1"]);
  });

  test("a partition isolated before it and taken back during it is served after it", async () => {
    await comesBack();
    const before = instancesOf(failed);
    const { address, password } = userOf(failed);
    await order("isolate");
    await until("it is isolated", withinMs, async () => {
      const answer = await signIn(seeded.lab.urls.auth, address, password, callMs);
      return answer === "degraded" || answer === "unserved";
    });
    await order("failover");
    expect((await order("rejoin")).kind).toBe("ordered");
    await until(`${failed} has new role instances`, withinMs, isReplaced(before));
    await comesBack();
  });

  test("a control that has lost its store carries out what is ordered then, and forgets no isolation", async () => {
    await comesBack();
    const before = instancesOf(failed);
    await order("failover");
    await until(`${failed} has new role instances`, withinMs, isReplaced(before));
    await order("isolate", "p1");
    const { address, password } = userOf("p1");
    const answer = () => signIn(seeded.lab.urls.auth, address, password, callMs);
    await until("p1 is isolated", withinMs, async () => (await answer()) !== "served");
    const control = seeded.lab.processes().find(({ name }) => name === "control");
    if (control === undefined) throw new Error("a lab has control");
    // Gone from under it: the next control finds nothing, and begins a store of its own.
    rmSync(join(seeded.lab.dir, "data", "control"), { recursive: true });
    kill(control);
    await until("control has the map again", withinMs, async () => (await publishedIds(failed)).length > 0);
    const again = instancesOf(failed);
    expect((await order("failover")).kind).toBe("ordered");
    await until(`${failed} has new role instances again`, withinMs, isReplaced(again));
    expect(await answer()).not.toBe("served");
    expect((await order("rejoin", "p1")).kind).toBe("ordered");
    await comesBack();
  });

  test("while control is frozen an order is refused in its time, with what to do, and doing it helps", async () => {
    await comesBack();
    const control = seeded.lab.processes().find(({ name }) => name === "control");
    if (control === undefined) throw new Error("a lab has control");
    seeded.lab.journal.frozen(control);
    sendSignal("SIGSTOP", control);
    const { code, stdout, stderr } = await cordon(seeded.root, "isolate", failed);
    expect([code, stdout]).toEqual([1, ""]);
    const said = stderr.replaceAll(/\s+/g, " ");
    expect(said).toContain(`control is stopped: end it (kill -9 ${control.pid})`);
    expect(said).toContain("give the order again");
    kill(control);
    await until("the order is taken", withinMs, async () => (await order("isolate")).kind === "ordered");
    await order("rejoin");
    await comesBack();
  });

  test("nobody can be ordered about who is not there", async () => {
    const { code, stderr } = await cordon(seeded.root, "isolate", "p9");
    expect(code).toBe(2);
    expect(stderr).toContain("p9 is not a partition of this lab; it has p1, p2");
  });
});
