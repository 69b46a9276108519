/**
 * When a partition gets new role instances. In June 2014 the failed partition stayed failed for nine hours while its
 * cause was looked for: new instances over the same store serve its users with the fault still on.
 * A failover is dear and cannot be hedged, so it takes a caller that has judged the partition red without a break for
 * `redForMs`, and that does not doubt itself; or the operator's word, which waits for nothing but the one under way.
 * Invariants: one partition at a time; by evidence not twice within `onePerMs` for one partition; a red that was
 * interrupted, doubted, or seen before the last failover ended counts from anew; writes are no evidence.
 */
import type { Colour, FailoverSettings, Instant, Operation, PartitionId, ProcessName } from "@cordon/model";

interface RedSight {
  readonly caller: ProcessName;
  readonly partition: PartitionId;
  readonly since: Instant;
}

export interface Failovers {
  /** Unbroken reds, one for each caller, partition and operation. */
  readonly reds: ReadonlyMap<string, RedSight>;
  /** Partitions the operator ordered a failover for, oldest first, each once. */
  readonly ordered: readonly PartitionId[];
  readonly underWay: PartitionId | undefined;
  readonly lastStartedAt: ReadonlyMap<PartitionId, Instant>;
}

export type FailoverEvent =
  | {
      readonly type: "judged";
      readonly caller: ProcessName;
      readonly partition: PartitionId;
      readonly operation: Operation;
      readonly colour: Colour;
      readonly suspectsItself: boolean;
    }
  /** The caller is gone, or was not heard for too long: its word no longer stands. */
  | { readonly type: "caller-gone"; readonly caller: ProcessName }
  | { readonly type: "ordered"; readonly partition: PartitionId }
  /** The failover under way has ended, well or not. */
  | { readonly type: "ended" }
  | { readonly type: "tick" };

export type FailoverDecision =
  | { readonly do: "failover"; readonly partition: PartitionId; readonly because: "evidence" | "operator" }
  | { readonly do: "nothing" };

export const noFailovers: Failovers = { reds: new Map(), ordered: [], underWay: undefined, lastStartedAt: new Map() };

/** `"off"`: evidence starts none; the operator still may. A decision to fail over is already noted as under way. */
export function stepFailover(
  failovers: Failovers,
  settings: FailoverSettings | "off",
  event: FailoverEvent,
  now: Instant,
): { readonly failovers: Failovers; readonly decision: FailoverDecision } {
  const noted = note(failovers, event, now);
  const decision = noted.underWay === undefined ? decide(noted, settings, now) : { do: "nothing" as const };
  if (decision.do === "nothing") return { failovers: noted, decision };
  const { partition } = decision;
  return {
    failovers: {
      ...noted,
      ordered: noted.ordered.filter((one) => one !== partition),
      underWay: partition,
      lastStartedAt: new Map(noted.lastStartedAt).set(partition, now),
    },
    decision,
  };
}

function note(failovers: Failovers, event: FailoverEvent, now: Instant): Failovers {
  switch (event.type) {
    case "judged":
      return { ...failovers, reds: noteJudgement(failovers.reds, event, now) };
    case "caller-gone":
      return { ...failovers, reds: without(failovers.reds, (red) => red.caller === event.caller) };
    case "ordered":
      return failovers.ordered.includes(event.partition) || failovers.underWay === event.partition
        ? failovers
        : { ...failovers, ordered: [...failovers.ordered, event.partition] };
    case "ended": {
      const { underWay } = failovers; // what was seen of the old role instances says nothing of the new ones
      return { ...failovers, underWay: undefined, reds: without(failovers.reds, (red) => red.partition === underWay) };
    }
    case "tick":
      return failovers;
  }
}

function noteJudgement(
  reds: Failovers["reds"],
  event: Extract<FailoverEvent, { type: "judged" }>,
  now: Instant,
): Failovers["reds"] {
  const { caller, partition, operation } = event;
  const key = `${caller} ${partition} ${operation}`;
  const counts = event.colour === "red" && !event.suspectsItself && operation !== "write";
  if (counts === reds.has(key)) return reds;
  const next = new Map(reds);
  if (counts) next.set(key, { caller, partition, since: now });
  else next.delete(key);
  return next;
}

function decide(failovers: Failovers, settings: FailoverSettings | "off", now: Instant): FailoverDecision {
  const [ordered] = failovers.ordered;
  if (ordered !== undefined) return { do: "failover", partition: ordered, because: "operator" };
  if (settings === "off") return { do: "nothing" };
  let longest: RedSight | undefined;
  for (const red of failovers.reds.values()) {
    const lastAt = failovers.lastStartedAt.get(red.partition);
    const isDue = now - red.since >= settings.redForMs;
    const isSpaced = lastAt === undefined || now - lastAt >= settings.onePerMs;
    if (isDue && isSpaced && (longest === undefined || red.since < longest.since)) longest = red;
  }
  return longest === undefined
    ? { do: "nothing" }
    : { do: "failover", partition: longest.partition, because: "evidence" };
}

const without = (reds: Failovers["reds"], drop: (red: RedSight) => boolean): Failovers["reds"] =>
  new Map([...reds].filter(([, red]) => !drop(red)));
