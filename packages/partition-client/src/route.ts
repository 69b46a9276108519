/**
 * From a domain to its partition, by the newest map. A map that changes is taken without failing anybody: a role instance
 * that stays keeps its connections and what is known of it; a new one gets an exchange, paths and a canary of its own;
 * one that is gone gets no more calls, and those in flight end before its connections are closed.
 * Invariants: before the first map there is no answer, and never a guess; every exchange that was opened is closed.
 */
import { partitionOf, type PartitionId, type PartitionMap, type TenantId } from "@cordon/model";
import {
  askedOperations,
  createRoleInstance,
  createRoutedPartition,
  type GateContext,
  type RoleInstance,
  type RoutedPartition,
} from "./gate.ts";

export interface Route {
  take(map: PartitionMap): void;
  /** Where the domain lives, and whether it is hosted here; undefined before the first map. */
  locate(domain: TenantId): { readonly partition: PartitionId; readonly hosted: boolean } | undefined;
  find(partition: PartitionId): RoutedPartition | undefined;
  all(): Iterable<RoutedPartition>;
  ids(): readonly PartitionId[];
  close(): Promise<void>;
}

export interface RouteListener {
  /** The instance has joined; `replaced`: it came in the place of all that the partition had. */
  joined(at: RoutedPartition, instance: RoleInstance, replaced: boolean): void;
  /** The instance gets no more calls. */
  left(instance: RoleInstance): void;
  /** The partition is new here. */
  opened(at: RoutedPartition): void;
  /** Every role instance of the partition is a new one. */
  replaced(at: RoutedPartition): void;
}

export function createRoute(context: GateContext, listener: RouteListener): Route {
  const partitions = new Map<PartitionId, RoutedPartition>();
  const closing = new Set<Promise<void>>();
  const { attemptTimeoutMs } = context.settings;
  const drainMs = Math.max(...askedOperations.map((operation) => attemptTimeoutMs[operation]));
  let map: PartitionMap | undefined;
  let tenants: ReadonlySet<TenantId> = new Set();
  /** Where hosted domains that were asked for live: to work it out again for every call costs more than to look it up. */
  const homes = new Map<TenantId, PartitionId>();

  const dismiss = (instance: RoleInstance, graceMs: number): void => {
    listener.left(instance);
    for (const operation of askedOperations) instance.paths[operation].breaker.close();
    const closed = instance.exchange.close(graceMs).finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const dismissPartition = (at: RoutedPartition, graceMs: number): void => {
    partitions.delete(at.id);
    for (const operation of askedOperations) {
      const gate = at.gates[operation];
      gate.instances = [];
      if (context.sharedSeats === undefined) gate.seats.flush(drainMs);
    }
    for (const instance of at.instances) dismiss(instance, graceMs);
  };

  function takePartition(wanted: PartitionMap["partitions"][number]): void {
    const known = partitions.get(wanted.id);
    const at = known ?? createRoutedPartition(context, wanted.id);
    const before = at.instances;
    const kept = (id: string, service: string) => before.find((one) => one.id === id && one.service === service);
    const replaced = before.length > 0 && !wanted.instances.some(({ id, service }) => kept(id, service));
    const added: RoleInstance[] = [];
    at.instances = wanted.instances.map((endpoint) => {
      const here = kept(endpoint.id, endpoint.service);
      if (here !== undefined) return here;
      const instance = createRoleInstance(context, wanted.id, endpoint);
      added.push(instance);
      return instance;
    });
    for (const operation of askedOperations) at.gates[operation].instances = at.instances;
    partitions.set(wanted.id, at);
    if (known === undefined) listener.opened(at);
    for (const instance of added) listener.joined(at, instance, replaced);
    for (const instance of before) if (!at.instances.includes(instance)) dismiss(instance, drainMs);
    if (replaced) listener.replaced(at);
  }

  function homeOf(within: PartitionMap, domain: TenantId, hosted: boolean): PartitionId {
    const known = homes.get(domain);
    if (known !== undefined) return known;
    const home = partitionOf(within, domain);
    if (hosted) homes.set(domain, home); // and no other: anybody may ask for any number of domains
    return home;
  }

  return {
    take(next) {
      map = next;
      homes.clear();
      tenants = new Set(next.tenants);
      for (const wanted of next.partitions) takePartition(wanted);
      const ids = new Set(next.partitions.map(({ id }) => id));
      for (const at of partitions.values()) if (!ids.has(at.id)) dismissPartition(at, drainMs);
    },
    locate(domain) {
      if (map === undefined) return undefined;
      const hosted = tenants.has(domain);
      return { partition: homeOf(map, domain, hosted), hosted };
    },
    find: (partition) => partitions.get(partition),
    all: () => partitions.values(),
    ids: () => [...partitions.keys()],
    async close() {
      for (const at of partitions.values()) dismissPartition(at, 0);
      await Promise.all(closing);
    },
  };
}
