/**
 * How long a guard takes to cut off a dependency that accepts and never answers, and what it does to its own event loop
 * meanwhile, at rates from 200 to 4,000 calls a second: opossum as it comes, opossum with the one change most people make,
 * and Cordon's guard. Each run is a process of its own, well for some seconds first, so that there is a past to be sorted.
 * A behaviour and no cost: each rate is run once, unless more rounds are asked for, since five take 20 minutes. One whose
 * loop has not come to itself long after it should have been watched is ended, and never opened.
 */
import type { RoleArgs, RoleOrder, RoleReady } from "./children/answering-role.ts";
import type { CallerName } from "./children/callers.ts";
import type { CollapseArgs, CollapseOrder, CollapseSeen } from "./children/collapse-caller.ts";
import { startChild } from "./support/child.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant, type Reading } from "./support/rounds.ts";
import { setTimeout as delay } from "node:timers/promises";

const rates = [200, 1_000, 2_000, 4_000] as const;
const wellMs = 3_000;
const withinMs = 20_000;
/** How long the loop is watched once the guard has opened. */
const afterMs = 2_000;
/** A caller whose loop stands still cannot tell what it has seen; for so long it is waited for after that. */
const comesToItselfMs = 8_000;
const answersWithinMs = withinMs + afterMs + comesToItselfMs;

const callers: readonly (readonly [CallerName, string, string])[] = [
  ["opossum, untouched", "untouched", "opossum with every option at its default: 10 s time-out, 10 s window, 50 %"],
  ["opossum, 300 ms", "time-out only", "opossum with a time-out of 300 ms and the rest at its default"],
  [
    "cordon",
    "cordon",
    "partition-client with preset on, 2 role instances; it has opened when the partition is isolated",
  ],
];

interface Seen {
  readonly pinned: boolean;
  /** undefined: its loop stood still to the end. */
  readonly seen: CollapseSeen | undefined;
}

/** What never came is later than whatever did. */
const never = Number.POSITIVE_INFINITY;
/** Of one whose loop stood still to the end. */
const unseen: CollapseSeen = { openedMs: null, loopP99Ms: never, loopMaxMs: never, pending: never };

async function runOnce(name: CallerName, perSecond: number): Promise<Seen> {
  await using role = await startChild<RoleReady>("answering-role.ts", { instances: 2 } satisfies RoleArgs, "other");
  const args: CollapseArgs = { name, services: role.ready, perSecond };
  await using caller = await startChild("collapse-caller.ts", args, "measured");
  await caller.order({ do: "begin" } satisfies CollapseOrder);
  await delay(wellMs);
  await role.order({ do: "answer-with", status: "silent" } satisfies RoleOrder);
  const watch: CollapseOrder = { do: "watch", withinMs, afterMs };
  const seen = await caller.tryOrder<CollapseSeen>(watch, answersWithinMs);
  return { seen, pinned: caller.pinned };
}

const rounds = roundsOf(process.argv, 1);
const stoodStill = new Map<string, number>();
let pinned = true;

const contestants = rates.flatMap((perSecond) =>
  callers.map(([caller, short, contains]): Contestant => {
    const name = `${short}, ${perSecond}/s`;
    const measure = async (): Promise<Reading> => {
      const run = await runOnce(caller, perSecond);
      pinned &&= run.pinned;
      if (run.seen === undefined) stoodStill.set(name, (stoodStill.get(name) ?? 0) + 1);
      const { openedMs, loopP99Ms, loopMaxMs, pending } = run.seen ?? unseen;
      return { opened: openedMs ?? never, loopP99: loopP99Ms, loopMax: loopMaxMs, pending };
    };
    return { name, contains, reference: undefined, measure };
  }),
);
const rows = await measureRounds(contestants, rounds, "cold");
printReport(
  {
    bench: "opossum-collapse",
    title: `a dependency that goes silent: time to open (at most ${withinMs / 1_000} s are waited) and delay of the event loop`,
    rounds,
    units: {
      opened: "ms from the silence until the guard opened; null: not in time",
      loopP99: "ms",
      loopMax: "ms",
      pending: "calls neither answered nor refused at the end",
    },
    rows,
    notes: [...stoodStill].map(
      ([row, times]) =>
        `${row}: ended in ${times} of ${rounds}, its event loop still stood still ${answersWithinMs / 1_000} s after the silence began.`,
    ),
    pinned,
    columns: [
      { heading: "opened ms", figure: "opened", show: "median", digits: 0 },
      ...(rounds === 1 ? [] : [{ heading: "min .. max", figure: "opened", show: "range", digits: 0 } as const]),
      { heading: "loop p99", figure: "loopP99", show: "median", digits: 0 },
      { heading: "loop max", figure: "loopMax", show: "median", digits: 0 },
      { heading: "pending", figure: "pending", show: "median", digits: 0 },
    ],
  },
  process.argv,
);
