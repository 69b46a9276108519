/**
 * The partition map of a lab: the first one, and the one after role instances have been replaced. Buckets go round the
 * partitions, so that a domain nobody hosts has a partition too; a tenant that its bucket would place elsewhere is pinned.
 */
import { partitionOf, type InstanceEndpoint, type PartitionId, type PartitionMap } from "@cordon/model";
import type { Tenant } from "./plan.ts";

/** Never changes in the life of a directory; enough for partitions to be added one day. */
const buckets = 64;

export type Endpoints = ReadonlyMap<PartitionId, readonly InstanceEndpoint[]>;

/** The map of epoch 1. */
export function firstMap(tenants: readonly Tenant[], endpoints: Endpoints): PartitionMap {
  const ids = [...endpoints.keys()];
  const map: PartitionMap = {
    epoch: 1,
    partitions: listOf(endpoints),
    buckets: Array.from({ length: buckets }, (_, bucket) => ids[bucket % ids.length] ?? "p1"),
    tenants: tenants.map(({ domain }) => domain),
    pins: {},
  };
  const pinned = tenants.filter(({ domain, partition }) => partitionOf(map, domain) !== partition);
  return { ...map, pins: Object.fromEntries(pinned.map(({ domain, partition }) => [domain, partition])) };
}

/** The next map, with these role instances; the same map when it has them already. */
export function withEndpoints(map: PartitionMap, endpoints: Endpoints): PartitionMap {
  const partitions = listOf(endpoints);
  return JSON.stringify(partitions) === JSON.stringify(map.partitions)
    ? map
    : { ...map, epoch: map.epoch + 1, partitions };
}

const listOf = (endpoints: Endpoints): PartitionMap["partitions"] =>
  [...endpoints].map(([id, instances]) => ({
    id,
    instances: instances.map(({ id: name, service }) => ({ id: name, service })),
  }));
