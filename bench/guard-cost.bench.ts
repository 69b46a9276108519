/**
 * What the guard costs a caller when nothing is wrong: CPU time of a look-up through the whole chain of partition-client
 * (route, isolation, bulkhead, breaker, evidence, hedge, exchange), beside the bare exchange and the libraries one would
 * take instead. Each caller is a process of its own, and so are the role instances that answer. The canaries cost the same
 * whether anybody calls or not, so their share is told apart: CPU time a second of a caller that nobody asks.
 */
import type { CallerArgs, CallerOrder, CallerSeen } from "./children/caller.ts";
import type { CallerName } from "./children/callers.ts";
import type { RoleArgs, RoleReady } from "./children/answering-role.ts";
import { startChild, type Child } from "./support/child.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant } from "./support/rounds.ts";

const rounds = roundsOf(process.argv, 7);
const callsPerRound = 20_000;
const warmingCalls = 40_000;
const inFlight = 8;
const pauseMs = 1_000;
/** Once a caller is not asked any more, what it had to clear up is over after this; then it is watched for as long again. */
const idleMs = 4_000;
const roundsTried = 5;

const contents: readonly (readonly [CallerName, string])[] = [
  [
    "bare",
    "undici's dispatch over a pool of 32 connections to each of 2 role instances in turn; the question written as JSON, the answer parsed and checked by its schema",
  ],
  ["opossum", "bare, in opossum with its time-out and every other option at its default"],
  ["opossum, lean", "the same without percentiles and snapshots, as Cordon configures it"],
  ["cockatiel", "bare, in its time-out, retry (2), bulkhead (32 seats, 64 waiting) and consecutive breaker (4)"],
  [
    "cordon, all off",
    "partition-client with preset off: bare with route, choice of 2 instances, attempt time-out, retry and shared seats, no protection",
  ],
  [
    "cordon, no canaries",
    "partition-client with preset on: the same plus deadline (with its header), isolation, own seats, breaker, retry budget, evidence, ejection, hedge",
  ],
  ["cordon", "the same with its canaries: 4 a second for each of 2 role instances"],
];

/** A round in which every call was answered. On a machine that stands still meanwhile, the guards do their work. */
async function answeredCalls(name: string, order: (what: CallerOrder) => Promise<CallerSeen>): Promise<CallerSeen> {
  for (let round = 0; round < roundsTried; round++) {
    const seen = await order({ do: "calls", calls: callsPerRound, inFlight });
    if (seen.failed === 0) return seen;
    await order({ do: "idle", ms: pauseMs });
  }
  throw new Error(`${name}: calls failed in ${roundsTried} rounds on end; the machine is too busy to measure on`);
}

async function startCaller(name: CallerName, services: RoleReady): Promise<Child<unknown>> {
  return startChild("caller.ts", { name, services } satisfies CallerArgs, "measured");
}

/** CPU microseconds a second of a caller that nobody asks. */
async function idleUsOf(name: CallerName, services: RoleReady): Promise<number> {
  await using caller = await startCaller(name, services);
  await caller.order<CallerSeen>({ do: "calls", calls: callsPerRound, inFlight });
  await caller.order<CallerSeen>({ do: "idle", ms: idleMs });
  const { cpuUs, elapsedMs } = await caller.order<CallerSeen>({ do: "idle", ms: idleMs });
  return (cpuUs * 1_000) / elapsedMs;
}

await using role = await startChild<RoleReady>("answering-role.ts", { instances: 2 } satisfies RoleArgs, "other");
const contestants = contents.map(([name, contains]): Contestant => ({
  name,
  contains,
  reference: name === "bare" ? undefined : "bare",
  // A new process each time: how one was compiled and laid out in memory must not stand for all.
  async measure() {
    await using caller = await startCaller(name, role.ready);
    const order = (what: CallerOrder): Promise<CallerSeen> => caller.order<CallerSeen>(what);
    await order({ do: "calls", calls: warmingCalls, inFlight });
    const { cpuUs, elapsedMs } = await answeredCalls(name, order);
    return { cpu: cpuUs / callsPerRound, rate: (callsPerRound * 1_000) / elapsedMs };
  },
}));
const rows = await measureRounds(contestants, rounds);
const [idle, idleWithout] = [await idleUsOf("cordon", role.ready), await idleUsOf("cordon, no canaries", role.ready)];
printReport(
  {
    bench: "guard-cost",
    title: `what a guard costs a look-up: ${callsPerRound} calls a round, ${inFlight} in flight`,
    rounds,
    units: { cpu: "CPU us a look-up", rate: "look-ups a second" },
    rows,
    notes: [
      "over bare: median of the differences to bare's own look-ups in the same round, which is the guard alone.",
      `canaries: nobody asked, a caller took ${idle.toFixed(0)} us of CPU a second with them and ${idleWithout.toFixed(0)} without; at the rate above that is nothing a look-up.`,
    ],
    pinned: role.pinned,
    columns: [
      { heading: "CPU us", figure: "cpu", show: "median", digits: 1 },
      { heading: "min .. max", figure: "cpu", show: "range", digits: 1 },
      { heading: "over bare", figure: "cpu", show: "over", digits: 1 },
      { heading: "a second", figure: "rate", show: "median", digits: 0 },
    ],
  },
  process.argv,
);
