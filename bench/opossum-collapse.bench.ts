/**
 * How long a guard takes to cut off a dependency that accepts and never answers, and what it does to its own event loop
 * meanwhile, at rates from 200 to 4,000 calls a second: opossum as it comes, opossum with the one change most people make,
 * and Cordon's guard. Each run is a process of its own, well for some seconds first, so that there is a past to be sorted.
 * A behaviour and no cost: each rate is run once. One whose loop has not come to itself long after it should have been
 * watched is ended, and has no figures.
 */
import type { RoleArgs, RoleOrder, RoleReady } from "./children/answering-role.ts";
import type { CallerName } from "./children/callers.ts";
import type { CollapseArgs, CollapseOrder, CollapseSeen } from "./children/collapse-caller.ts";
import { startChild } from "./support/child.ts";
import { printReport } from "./support/result.ts";
import { rowOf, type Row } from "./support/rounds.ts";
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

const rows: Row[] = [];
const notes: string[] = [];
let pinned = true;
for (const perSecond of rates) {
  for (const [name, short, contains] of callers) {
    const run = await runOnce(name, perSecond);
    const { seen } = run;
    pinned &&= run.pinned;
    const row = `${short}, ${perSecond}/s`;
    if (seen === undefined)
      notes.push(
        `${row}: ended, its event loop still stood still ${answersWithinMs / 1_000} s after the silence began.`,
      );
    const reading = {
      opened: seen?.openedMs ?? Number.NaN,
      loopP99: seen?.loopP99Ms ?? Number.NaN,
      loopMax: seen?.loopMaxMs ?? Number.NaN,
      pending: seen?.pending ?? Number.NaN,
    };
    rows.push(rowOf({ name: row, contains, reference: undefined }, new Map([[row, [reading]]])));
  }
}
printReport(
  {
    bench: "opossum-collapse",
    title: `a dependency that goes silent: time to open (at most ${withinMs / 1_000} s are waited) and delay of the event loop`,
    rounds: 1,
    units: {
      opened: "ms from the silence until the guard opened; null: not in time",
      loopP99: "ms",
      loopMax: "ms",
      pending: "calls neither answered nor refused at the end",
    },
    rows,
    notes,
    pinned,
    columns: [
      { heading: "opened ms", figure: "opened", show: "median", digits: 0 },
      { heading: "loop p99 ms", figure: "loopP99", show: "median", digits: 0 },
      { heading: "loop max ms", figure: "loopMax", show: "median", digits: 0 },
      { heading: "pending", figure: "pending", show: "median", digits: 0 },
    ],
  },
  process.argv,
);
