/**
 * What users notice of a partition that stands still, at Cordon's front door and at one of plain Fastify with a pool of
 * connections for each role instance. Both role instances of one partition are stopped by SIGSTOP; half of the
 * connections sign in users of the other partitions and half users of that one. Fence and failover are off, so that the
 * partition stays frozen for as long as it is measured.
 */
import { setTimeout as delay } from "node:timers/promises";
import { freeze, thaw } from "@cordon/fault";
import { settingsOf } from "@cordon/lab";
import type { ReferenceArgs, ReferenceReady } from "./children/http-reference.ts";
import { oneCoreSeats, startBenchLab } from "./support/bench-lab.ts";
import { startChild } from "./support/child.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant } from "./support/rounds.ts";
import { signIns, signsIn } from "./support/sign-ins.ts";

const rounds = roundsOf(process.argv, 5);
const seconds = 3;
/** Few, as the hashes of all share one core: partitions that are late for want of it would be called silent. */
const connections = 2;
const partitions = 4;
const users = 64;
const failed = "p3";
/** A freeze heals by itself after this, whatever becomes of the bench. */
const leaseMs = 30_000;
/** By then the partition is isolated. */
const settleMs = 1_000;
const backWithinMs = 20_000;

await using bench = await startBenchLab(oneCoreSeats(settingsOf("on", ["fence", "failover"])), partitions, users);
const { lab, services } = bench;
const targets = lab.instances().filter(({ partition }) => partition === failed);
const inside = bench.users.filter(({ partition }) => partition === failed);
const outside = bench.users.filter(({ partition }) => partition !== failed);
await using hop = await startChild<ReferenceReady>(
  "http-reference.ts",
  { kind: "hop", services } satisfies ReferenceArgs,
  "measured",
);

async function whileFrozen<T>(act: () => Promise<T>): Promise<T> {
  for (const target of targets) {
    lab.journal.frozen(target);
    freeze(target, leaseMs);
  }
  try {
    await delay(settleMs);
    return await act();
  } finally {
    for (const target of targets) thaw(target);
    // Both, whichever was measured: Cordon's canaries have asked the partition all the same.
    for (const { url } of doors) await untilBack(url);
  }
}

/** The next one begins when users of the partition are signed in by it again. */
async function untilBack(door: string): Promise<void> {
  const [user] = inside;
  if (user === undefined) throw new Error(`nobody lives in ${failed}`);
  for (const end = performance.now() + backWithinMs; !(await signsIn(door, user));) {
    if (performance.now() > end) throw new Error(`${failed} was not served again within ${backWithinMs} ms`);
    await delay(100);
  }
}

const doors = [
  { name: "hop", url: hop.ready, cpuUs: hop.cpuUs },
  { name: "cordon", url: lab.urls.auth, cpuUs: () => Promise.resolve(bench.cpuUs("auth")) },
] as const;

async function measure({ url, cpuUs }: (typeof doors)[number]) {
  const before = await cpuUs();
  const [others, own] = await Promise.all([
    signIns(url, outside, connections, seconds),
    signIns(url, inside, connections, seconds),
  ]);
  const all = others.answered + others.failed + own.answered + own.failed;
  return {
    door: ((await cpuUs()) - before) / Math.max(1, all),
    othersRate: others.perSecond,
    othersP99: others.p99Ms,
    othersFailed: others.failed,
    ownRate: own.perSecond,
    ownP99: own.answered === 0 ? Number.NaN : own.p99Ms,
    ownFailed: own.failed,
  };
}

const contestants = doors.flatMap((door): Contestant[] => [
  {
    name: door.name,
    contains:
      door.name === "hop"
        ? "Fastify asking one role instance of the user's partition with undici, at its default time-outs"
        : "auth in a lab of 4 x 2 role instances, preset on without fence and failover",
    reference: undefined,
    measure: () => measure(door),
  },
  {
    name: `${door.name}, ${failed} frozen`,
    contains: `the same, from ${settleMs / 1_000} s after both role instances of ${failed} were stopped`,
    reference: door.name,
    measure: () => whileFrozen(() => measure(door)),
  },
]);
printReport(
  {
    bench: "sign-in-frozen-partition",
    title: `sign-ins, closed loop: ${connections} connections for users of ${failed}, ${connections} for the others, ${seconds} s a round, a client waits 2 s`,
    rounds,
    units: {
      door: "CPU us of the front door an answer or refusal",
      othersRate: "sign-ins a second, users of the other partitions",
      othersP99: "ms",
      othersFailed: "sign-ins of a round that were not answered with 200",
      ownRate: "sign-ins a second, users of the partition",
      ownP99: "ms",
      ownFailed: "sign-ins of a round that were not answered with 200",
    },
    rows: await measureRounds(contestants, rounds),
    notes: [
      "Cordon signs users of the frozen partition in by its fallback: each has signed in before, and every such sign-in pays for a hash at the door.",
    ],
    pinned: bench.pinned,
    columns: [
      { heading: "door us", figure: "door", show: "median", digits: 0 },
      { heading: "others/s", figure: "othersRate", show: "median", digits: 0 },
      { heading: "p99 ms", figure: "othersP99", show: "median", digits: 0 },
      { heading: "failed", figure: "othersFailed", show: "median", digits: 0 },
      { heading: `${failed}/s`, figure: "ownRate", show: "median", digits: 0 },
      { heading: "p99 ms", figure: "ownP99", show: "median", digits: 0 },
      { heading: "failed", figure: "ownFailed", show: "median", digits: 0 },
    ],
  },
  process.argv,
);
