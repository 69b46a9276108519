/**
 * Who writes in each partition, and the exchange of old role instances for new ones. Both are kept as facts in the memory
 * and brought about step by step, so that a supervisor killed between two steps goes on where the last one stopped.
 *
 *   appointment  the writer's process is dead (the kernel says so, nobody guesses) -> another living one, term + 1
 *   exchange     successors serve -> they are the instances, the old ones retire -> the retired are dead -> a new writer
 *
 * Invariants: a term is written down before anybody hears of it, and is never given twice; no appointment while the last
 * appointed process lives, frozen or not; nobody is told of new instances before the old ones are dead.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { DownLine, InstanceId, PartitionId } from "@cordon/model";
import { isAlive, type Events } from "@cordon/runtime";
import type { Order, PartitionState } from "../state-file.ts";
import type { Processes } from "./processes.ts";
import type { Memory } from "./state.ts";

export interface Partitions {
  /** Appoints a writer where there is none alive. False: none can be appointed yet. */
  appoint(partition: PartitionId): boolean;
  /** The line that tells `partition`'s role instances who writes; undefined when nobody living does. */
  appointment(partition: PartitionId): DownLine | undefined;
  /** The partition's writer says that it writes. */
  confirmed(partition: PartitionId): void;
  /** Makes the successors the instances, and the order that asked for it, if one did, carried out: from here on there is no way back. */
  exchange(partition: PartitionId, order: Order | undefined): void;
  /** Ends the role instances that were replaced. False: one still lives. */
  retire(partition: PartitionId): Promise<boolean>;
}

/** A killed process is gone within milliseconds; one that is not is looked for again in the next round. */
const deathLooks = 100;
const betweenDeathLooksMs = 5;

export function createPartitions(parts: {
  readonly memory: Memory;
  readonly processes: Processes;
  readonly events: Events;
}): Partitions {
  const { memory, processes } = parts;

  const appointment = (partition: PartitionId): DownLine | undefined => {
    const { writer, begun } = memory.partition(partition);
    if (writer === null || !isAlive(writer)) return undefined;
    return { type: "appoint", term: writer.term, writer: writer.instance, writerUrl: writer.url, begins: !begun };
  };

  const announce = (partition: PartitionId): void => {
    const line = appointment(partition);
    if (line === undefined) return;
    for (const { spec, link } of processes.all()) if (spec.partition === partition) link?.send(line);
  };

  return {
    appointment,
    appoint(partition) {
      const state = memory.partition(partition);
      if (state.writer !== null && isAlive(state.writer)) return true;
      const instance = nextWriter(state, (id) => processes.ports(id) !== undefined);
      const kept = instance === undefined ? undefined : processes.get(instance);
      const url = instance === undefined ? undefined : processes.ports(instance)?.["service"];
      if (instance === undefined || url === undefined || kept?.life.state !== "serving") return false;
      const { pid, startTicks } = kept.life.process;
      const term = (state.writer?.term ?? 0) + 1;
      memory.setPartition(partition, { ...state, writer: { instance, pid, startTicks, term, url } });
      parts.events.emit("writer-appointed", `${instance} writes in ${partition}, term ${term}`, {
        partition,
        instance,
      });
      announce(partition);
      return true;
    },
    confirmed(partition) {
      const state = memory.partition(partition);
      if (!state.begun) memory.setPartition(partition, { ...state, begun: true });
    },
    exchange(partition, order) {
      const state = memory.partition(partition);
      const retiring = [...state.retiring, ...state.instances];
      const { partitions, doneOrders } = memory.get();
      memory.set({
        exchanging: partition,
        partitions: { ...partitions, [partition]: { ...state, instances: state.successors, successors: [], retiring } },
        ...(order !== undefined && { doneOrders: { ...doneOrders, [partition]: order } }),
      });
    },
    async retire(partition) {
      const { retiring } = memory.partition(partition);
      if (retiring.length === 0) return true;
      const identities = retiring.flatMap((id) => {
        const life = processes.get(id)?.life;
        return life === undefined || life.state === "absent" ? [] : [life.process];
      });
      for (const id of retiring) processes.dismiss(id, `replaced in the failover of ${partition}`);
      for (let look = 0; look < deathLooks && identities.some(isAlive); look++) await delay(betweenDeathLooksMs);
      if (identities.some(isAlive)) return false;
      memory.setPartition(partition, { ...memory.partition(partition), retiring: [] });
      return true;
    },
  };
}

/**
 * Who is to write next. The very first writer is the first role instance, so that a lab begins the same way each time;
 * later it is one that is not the one just dead, since whatever killed that one may not be over.
 */
export function nextWriter(
  { instances, writer }: Pick<PartitionState, "instances" | "writer">,
  serves: (instance: InstanceId) => boolean,
): InstanceId | undefined {
  if (writer === null) return instances.slice(0, 1).find(serves);
  const serving = instances.filter(serves);
  return serving.find((instance) => instance !== writer.instance) ?? serving[0];
}
