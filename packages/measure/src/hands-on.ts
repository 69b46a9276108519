/**
 * The operator's own times, in a drill that a person has in hand. In June 2014 people cut the silent partition off, hours
 * in; a game day measures how soon these people do. Found is what they acted on: the first order to isolate or to fail
 * over the partition that had failed, and no word of theirs. Contained is what others felt: that order had taken effect,
 * and everybody outside was within limits from then on. Invariants: an order before the fault finds nothing; what came
 * right only when the fault went is nobody's merit.
 */
import type { Event, EventKind, HandsOn, Instant } from "@cordon/model";
import { firstNaming } from "./detection.ts";
import type { DrillSpec } from "./spec.ts";
import { timesOf, type Seen } from "./times.ts";

type Order = HandsOn["orders"][number];

const given: Partial<Record<EventKind, Order["order"]>> = {
  "operator-isolated": "isolate",
  "operator-rejoined": "rejoin",
  "operator-failed-over": "failover",
};

/** What the operator did on a side. `leaseMs` is how long the fault was to stand. */
export function handsOnOf(seen: Seen, spec: DrillSpec, leaseMs: number): HandsOn {
  const { zero, fault } = seen.windows;
  const orders = seen.records.events.flatMap((event) => orderOf(event, zero, spec));
  const found = orders.find(
    ({ atMs, order, right }) => right && order !== "rejoin" && atMs >= 0 && zero + atMs < fault.to,
  );
  const { ttiMs: othersMs } = timesOf(seen, { ...spec, isolationKinds: [] });
  const actedMs = takenEffectMs(seen, spec);
  // Those who obey an order may have heard of it a moment before the drill did; contained is never before found.
  const operatorTtiMs =
    found === undefined || othersMs === null || actedMs === null ? null : Math.max(found.atMs, othersMs, actedMs);
  return {
    partition: spec.failedPartition,
    operatorTtdMs: found?.atMs ?? null,
    operatorTtiMs,
    orders,
    leaseMs,
    healedBy: operatorTtiMs === null ? "lease" : "operator",
  };
}

/** Wrong is to cut off or fail over who has not failed, and to let in who has. */
function orderOf({ kind, at, partition = "" }: Event, zero: Instant, { failedPartition }: DrillSpec): readonly Order[] {
  const order = given[kind];
  if (order === undefined) return [];
  const right = (order === "rejoin") !== (partition === failedPartition);
  return [{ atMs: at - zero, order, partition, right }];
}

/** When the failed partition was cut off for sign-in and mail, or had new role instances, with the fault still on. */
function takenEffectMs({ records, windows }: Seen, spec: DrillSpec): number | null {
  const { zero, fault } = windows;
  const first = (kind: EventKind): Instant => {
    const at = firstNaming(records.events, { kinds: [kind], partition: spec.failedPartition }, zero);
    return at ?? Infinity;
  };
  const at = Math.min(Math.max(first("partition-isolated"), first("lane-isolated")), first("failover-done"));
  return at < fault.to ? at - zero : null;
}
