/**
 * Failover: new role instances over the same store take a partition over. policy/failover.ts says when, from the callers'
 * judgements or the operator's order; this starts the new ones, gives up when they do not serve in time, and says when it
 * is done. The exchange itself is partitions.ts's; until it begins, nothing has changed for anybody, and giving up costs
 * only the successors. After it began there is no way back, and no need of one: it is carried on until it is done.
 */
import type { Clock, Instant, OperatorState, PartitionId, UpLine } from "@cordon/model";
import { noFailovers, stepFailover, type FailoverDecision, type FailoverEvent } from "@cordon/policy";
import type { Events } from "@cordon/runtime";
import { instanceId, type LabPlan } from "../plan.ts";
import type { Order } from "../state-file.ts";
import type { Processes } from "./processes.ts";
import { instanceSpec } from "./spec.ts";
import type { Memory } from "./state.ts";

type Judgement = Extract<UpLine, { type: "judgement" }>;

export interface Failovers {
  judged(caller: string, judgement: Judgement): void;
  operator(state: OperatorState): void;
  /** Callers that were silent for too long lose their say; successors that are too slow are given up. */
  tick(): void;
  /** The newest order seen for a partition. */
  orderOf(partition: PartitionId): Order | undefined;
  /** Everything that was exchanged is published. */
  settled(): void;
}

export interface FailoverParts {
  readonly plan: LabPlan;
  readonly memory: Memory;
  readonly processes: Processes;
  readonly events: Events;
  readonly clock: Clock;
}

interface UnderWay {
  readonly partition: PartitionId;
  /** Undefined: a supervisor before this one began it. */
  readonly since: Instant | undefined;
}

/**
 * Whether `by` stands for this order too: it is no older, and of the same store of control's. One of another store says
 * nothing about it, since a control that lost its store counts from the beginning.
 */
const isCovered = (order: Order | undefined, by: Order | undefined): boolean =>
  order === undefined || (order.store === by?.store && order.revision <= by.revision);

export function createFailovers(parts: FailoverParts): Failovers {
  const { plan, memory, processes, events, clock } = parts;
  const { exchanging: leftHalfDone } = memory.get();
  let failovers = leftHalfDone === null ? noFailovers : { ...noFailovers, underWay: leftHalfDone };
  let underWay: UnderWay | undefined =
    leftHalfDone === null ? undefined : { partition: leftHalfDone, since: undefined };
  /** Partition -> the newest order seen for it. */
  const orders = new Map<PartitionId, Order>();
  /** Orders that could not be carried out yet, and when they are due. */
  const retryAt = new Map<PartitionId, Instant>();

  const step = (event: FailoverEvent): void => {
    const next = stepFailover(failovers, plan.settings.failover, event, clock.now());
    failovers = next.failovers;
    begin(next.decision);
  };

  const begin = (decision: FailoverDecision): void => {
    if (decision.do === "nothing") return;
    const { partition, because } = decision;
    const state = memory.partition(partition);
    const successors = Array.from({ length: plan.roleInstances }, (_, index) =>
      instanceId(partition, state.made + index),
    );
    memory.setPartition(partition, { ...state, successors, made: state.made + successors.length });
    underWay = { partition, since: clock.now() };
    const why = because === "operator" ? "by the operator's order" : "a caller judged it red for too long";
    events.emit("failover-started", `${partition}: ${successors.join(", ")} are to take over, ${why}`, { partition });
    startNext();
  };

  /** One after the other: processes that start take whole cores, and everybody else is still being served on them. */
  const startNext = (): void => {
    if (underWay === undefined) return;
    const { partition } = underWay;
    const next = memory.partition(partition).successors.find((id) => processes.ports(id) === undefined);
    if (next !== undefined && processes.get(next) === undefined) processes.keep(instanceSpec(partition, next));
  };

  const end = (): void => {
    underWay = undefined;
    step({ type: "ended" });
  };

  const giveUpIfLate = (now: Instant): void => {
    const { partition, since } = underWay ?? {};
    if (partition === undefined || since === undefined || now - since < plan.bounds.startWithinMs) return;
    const state = memory.partition(partition);
    if (state.successors.length === 0) return;
    for (const id of state.successors)
      processes.dismiss(id, `the failover of ${partition} is given up: it did not serve in time`);
    memory.setPartition(partition, { ...state, successors: [] });
    // An order that came while evidence had begun it already is not carried out either.
    if (!isCovered(orders.get(partition), memory.get().doneOrders[partition]))
      retryAt.set(partition, now + plan.bounds.orderRetryMs);
    end();
  };

  return {
    judged: (caller, { partition, operation, colour, suspectsItself }) => {
      if (partition in memory.get().partitions)
        step({ type: "judged", caller, partition, operation, colour, suspectsItself });
    },
    operator(state) {
      for (const { partition, revision } of state.failovers) {
        const order: Order = { store: state.store ?? "", revision };
        const known = [memory.get().doneOrders[partition], orders.get(partition)];
        if (!(partition in memory.get().partitions) || known.some((one) => isCovered(order, one))) continue;
        orders.set(partition, order);
        // The exchange under way was for an order before it: this one is for the role instances that serve now.
        if (memory.get().exchanging === partition) retryAt.set(partition, clock.now());
        else step({ type: "ordered", partition });
      }
    },
    tick() {
      const now = clock.now();
      for (const { spec, heardAt } of processes.all()) {
        const isCaller = spec.role === "auth" || spec.role === "mail";
        if (isCaller && heardAt !== undefined && now - heardAt > plan.bounds.judgementSilentMs)
          step({ type: "caller-gone", caller: spec.name });
      }
      for (const [partition, at] of retryAt) {
        if (at > now || memory.get().exchanging === partition || !retryAt.delete(partition)) continue;
        step({ type: "ordered", partition });
      }
      giveUpIfLate(now);
      startNext();
      step({ type: "tick" });
    },
    orderOf: (partition) => orders.get(partition),
    settled() {
      const { exchanging } = memory.get();
      if (exchanging === null) return;
      memory.set({ exchanging: null });
      const { instances } = memory.partition(exchanging);
      const since = underWay?.since;
      const took = since === undefined ? "" : ` after ${Math.round(clock.now() - since)} ms`;
      events.emit("failover-done", `${exchanging} is served by ${instances.join(", ")}${took}`, {
        partition: exchanging,
      });
      if (underWay?.partition === exchanging) end();
    },
  };
}
