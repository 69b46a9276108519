/**
 * The operator's orders, one after another. An order stands until the next one for the same partition, whatever the
 * machine's own judgement says meanwhile and however often anything is restarted: that is what the operators of the
 * June 2014 outage needed when they partitioned mail away by hand.
 * Invariants: each order has a revision of its own, the newest is the state's; `since` of an isolation is the moment of
 * the first of several orders to isolate; at most `maxFailovers` orders of failover are remembered, the newest.
 */
import type { OperatorOrder, OperatorState, WallTime } from "@cordon/model";

/** Enough for a supervisor that was away: it carries out those it has not done yet. The wire allows no more. */
const maxFailovers = 100;

export const noOrders: OperatorState = { revision: 0, partitions: {}, failovers: [] };

/** The state after `order`, given at `now`. */
export function obey(state: OperatorState, { order, partition }: OperatorOrder, now: WallTime): OperatorState {
  const revision = state.revision + 1;
  switch (order) {
    case "isolate": {
      const before = state.partitions[partition];
      const since = before?.mode === "isolated" ? before.since : now;
      return {
        ...state,
        revision,
        partitions: { ...state.partitions, [partition]: { mode: "isolated", revision, since } },
      };
    }
    case "rejoin":
      return { ...state, revision, partitions: { ...state.partitions, [partition]: { mode: "automatic", revision } } };
    case "failover":
      return { ...state, revision, failovers: [...state.failovers, { revision, partition }].slice(-maxFailovers) };
  }
}
