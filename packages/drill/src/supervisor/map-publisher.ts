/**
 * Brings control's map in line with the role instances that shall serve. It follows the map as everybody does, and changes
 * only what role instances say; whoever else changes the map (a tenant that moves) is not undone: a conflict means that a
 * newer map is on its way here, and the next try starts from that one.
 */
import type { InstanceEndpoint, PartitionId, PartitionMap } from "@cordon/model";
import type { ControlClient, Events, Log } from "@cordon/runtime";
import { firstMap, withEndpoints } from "../lab/first-map.ts";
import type { Tenant } from "../lab/plan.ts";
import type { Memory } from "./state.ts";

export interface MapPublisher {
  /** Publishes a map with these role instances, unless control's has them. False: it does not yet, try again. */
  publish(endpoints: ReadonlyMap<PartitionId, readonly InstanceEndpoint[]>): Promise<boolean>;
}

export function createMapPublisher(parts: {
  readonly control: ControlClient;
  readonly tenants: readonly Tenant[];
  readonly memory: Memory;
  readonly events: Events;
  readonly log: Log;
  readonly callTimeoutMs: number;
  /** A newer map has come: what is wanted may have to be published again. */
  readonly changed: () => void;
}): MapPublisher {
  let current: PartitionMap | undefined;
  const take = (map: PartitionMap): void => {
    if (current !== undefined && map.epoch <= current.epoch) return;
    current = map;
    parts.memory.set({ epoch: map.epoch });
  };
  parts.control.followMap((map) => {
    take(map);
    parts.changed();
  });

  return {
    async publish(endpoints) {
      const next = current === undefined ? firstMap(parts.tenants, endpoints) : withEndpoints(current, endpoints);
      if (next === current) return true;
      const answer = await parts.control.putMap({ from: next.epoch - 1, map: next }, parts.callTimeoutMs);
      if (answer.kind !== "published") {
        parts.log.warn({ answer: answer.kind, epoch: next.epoch }, "the map was not published");
        return false;
      }
      take(answer.map);
      parts.events.emit("map-published", `epoch ${next.epoch}: ${describe(next)}`);
      return true;
    },
  };
}

const describe = (map: PartitionMap): string =>
  map.partitions.map(({ id, instances }) => `${id} by ${instances.map((one) => one.id).join(", ")}`).join("; ");
