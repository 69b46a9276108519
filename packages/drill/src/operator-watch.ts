/**
 * What a person orders while a side runs (`cordon isolate p3`), as events of the drill. Control keeps the orders and its
 * feed tells them within a moment; the drill writes them down, because a run that somebody had a hand in is not the drill
 * any more, and nobody may have to remember that. Invariants: an order that control acknowledged before `settle` is in
 * the record; where control cannot be asked at the end, that is said, and no silence is taken for "no order".
 */
import { join } from "node:path";
import type { Lab } from "@cordon/lab";
import { OperatorStateSchema, type Clock, type Event, type EventKind, type OperatorState } from "@cordon/model";
import { createControlClient } from "@cordon/control-client";
import { Compile } from "typebox/compile";

export interface OperatorWatch extends Disposable {
  /** Asks control once more. Says in words what is wrong when it does not answer as it should; undefined when it did. */
  settle(): Promise<string | undefined>;
}

const askWithinMs = 5_000;
const check = Compile(OperatorStateSchema);

/** Follows the orders until it is disposed of; `tell` hears each once, stamped with the moment the drill heard of it. */
export function watchOperator(lab: Lab, clock: Clock, tell: (event: Event) => void): OperatorWatch {
  let seen = 0;
  const take = (state: OperatorState): void => {
    const orders = ordersAfter(state, seen);
    seen = Math.max(seen, state.revision);
    for (const { kind, partition } of orders)
      tell({ at: clock.now(), source: "drill", kind, partition, detail: "by the operator's order to control" });
  };
  const control = createControlClient(
    { url: lab.urls.control, token: lab.token, mapKey: lab.mapPublicKey, mapFile: join(lab.dir, "drill-map.json") },
    clock,
    Math.random,
  );
  control.followOperator(take);
  return {
    async settle() {
      try {
        const url = new URL("/v1/operator", lab.urls.control);
        const response = await fetch(url, { signal: AbortSignal.timeout(askWithinMs) });
        const state: unknown = await response.json();
        if (!check.Check(state)) return `control answered ${response.status} when asked for the operator's orders`;
        take(state);
        return undefined;
      } catch {
        return "control did not answer when asked for the operator's orders";
      }
    },
    [Symbol.dispose]: () => control.close(),
  };
}

interface Order {
  readonly kind: EventKind;
  readonly partition: string;
}

/**
 * The orders of a state that are newer than `revision`, the oldest first. Of several orders to cut off or let in one
 * partition between two looks, the state knows the last.
 */
export function ordersAfter(state: OperatorState, revision: number): readonly Order[] {
  const standing = Object.entries(state.partitions).map(([partition, { mode, revision: own }]) => ({
    revision: own,
    partition,
    kind: mode === "isolated" ? ("operator-isolated" as const) : ("operator-rejoined" as const),
  }));
  const failovers = state.failovers.map((order) => ({ ...order, kind: "operator-failed-over" as const }));
  return [...standing, ...failovers]
    .filter((order) => order.revision > revision)
    .toSorted((one, other) => one.revision - other.revision)
    .map(({ kind, partition }) => ({ kind, partition }));
}
