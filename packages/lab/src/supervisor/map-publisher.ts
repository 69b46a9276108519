/**
 * Brings control's map in line with the role instances that shall serve. It follows the map as everybody does, and changes
 * only what role instances say; whoever else changes the map (a tenant that moves) is not undone: a conflict means that a
 * newer map is on its way here, and the next try starts from that one.
 * A control that was started again may come back without what it kept. Everybody goes on with their copy of the map and
 * takes none of an epoch they have had, so it is brought up to the present epoch, one after the other, since a control
 * takes none but the next.
 */
import type { InstanceEndpoint, PartitionId, PartitionMap } from "@cordon/model";
import type { ControlClient } from "@cordon/control-client";
import type { Events, Log } from "@cordon/runtime";
import { firstMap, withEndpoints } from "../build-map.ts";
import type { Tenant } from "../plan.ts";

export interface MapPublisher {
  /** Publishes a map with these role instances, unless control's has them. False: it does not yet, try again. */
  publish(endpoints: ReadonlyMap<PartitionId, readonly InstanceEndpoint[]>): Promise<boolean>;
}

export function createMapPublisher(parts: {
  readonly control: ControlClient;
  readonly tenants: readonly Tenant[];
  readonly events: Events;
  readonly log: Log;
  readonly callTimeoutMs: number;
  /** Which process control is now; undefined while it does not serve. */
  readonly controlPid: () => number | undefined;
  /** A newer map has come: what is wanted may have to be published again. */
  readonly changed: () => void;
}): MapPublisher {
  let current: PartitionMap | undefined;
  /** The control process that was seen to have a map. */
  let keeper: number | undefined;
  const take = (map: PartitionMap): void => {
    if (current !== undefined && map.epoch <= current.epoch) return;
    current = map;
  };
  parts.control.followMap((map) => {
    take(map);
    parts.changed();
  });

  /** Gives control the map from its first epoch to the present one; of those it has, it refuses each. False: it did not answer. */
  const restore = async (map: PartitionMap): Promise<boolean> => {
    let given = 0;
    for (let epoch = 1; epoch <= map.epoch; epoch++) {
      const change = { from: epoch - 1, map: { ...map, epoch } };
      const { kind } = await parts.control.putMap(change, parts.callTimeoutMs);
      if (kind === "unavailable") return false;
      if (kind === "published") given += 1;
    }
    if (given > 0) parts.events.emit("map-published", `epoch ${map.epoch} again: control came back without it`);
    return true;
  };

  return {
    async publish(endpoints) {
      const pid = parts.controlPid();
      if (current !== undefined && keeper !== pid) {
        if (!(await restore(current))) return false;
        keeper = pid;
      }
      const next = current === undefined ? firstMap(parts.tenants, endpoints) : withEndpoints(current, endpoints);
      if (next === current) return true;
      const answer = await parts.control.putMap({ from: next.epoch - 1, map: next }, parts.callTimeoutMs);
      if (answer.kind !== "published") {
        parts.log.warn({ answer: answer.kind, epoch: next.epoch }, "the map was not published");
        return false;
      }
      take(answer.map);
      keeper = pid;
      parts.events.emit("map-published", `epoch ${next.epoch}: ${describe(next)}`);
      return true;
    },
  };
}

const describe = (map: PartitionMap): string =>
  map.partitions.map(({ id, instances }) => `${id} by ${instances.map((one) => one.id).join(", ")}`).join("; ");
