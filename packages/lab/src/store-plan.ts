/**
 * What the partitions of a lab stand on, decided before anything is started: which redis-server, and on which port each of
 * them. The ports are in the plan and not found by the supervisor, since a Redis that dies comes back where its role
 * instances look for it, also under a supervisor that was not there when it first came.
 */
import type { PartitionId } from "@cordon/model";
import { provision, type Machine } from "@cordon/provision";
import type { LabPlan, StoreKind } from "./plan.ts";
import { LabStartError } from "./start-error.ts";
import { sparePort } from "./supervisor/spare-port.ts";

/** Throws LabStartError where there is no redis-server and none can be fetched. */
export async function planStore(
  kind: StoreKind,
  partitions: readonly PartitionId[],
  machine: Machine,
  random: () => number,
): Promise<LabPlan["store"]> {
  if (kind === "lmdb") return { kind };
  const found = await provision("redis-server", machine);
  if (found.kind === "unavailable") throw new LabStartError(`a lab on Redis takes a redis-server: ${found.how}`);
  const ports: Record<PartitionId, number> = {};
  for (const partition of partitions) ports[partition] = await anotherPort(Object.values(ports), random);
  return { kind, program: found.program, environment: found.environment, ports };
}

/** A port is drawn again when it is one of this plan's already: those do not listen yet. */
const draws = 20;

async function anotherPort(taken: readonly number[], random: () => number): Promise<number> {
  for (let draw = 0; draw < draws; draw++) {
    const port = await sparePort(random);
    if (!taken.includes(port)) return port;
  }
  throw new LabStartError("no free port was found for a Redis");
}
