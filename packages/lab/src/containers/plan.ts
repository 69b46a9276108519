/**
 * A lab in containers, as its compose file describes it: how large it is and what it goes without. Where each service is
 * to be found follows from its name, which is its host name on the networks of the compose file; every container has its
 * ports to itself, so that services of a kind listen on the same ones.
 */
import { Type, type Static } from "typebox";
import { protectionIds, type InstanceId, type PartitionId } from "@cordon/model";
import { instanceId, partitionIds } from "../plan.ts";

export const ContainerPlanSchema = Type.Object({
  /** The folder that every container finds the lab in. */
  dir: Type.String({ minLength: 1 }),
  partitions: Type.Integer({ minimum: 1, maximum: 16 }),
  roleInstances: Type.Integer({ minimum: 1, maximum: 8 }),
  users: Type.Integer({ minimum: 2, maximum: 100_000 }),
  /** Protections to go without. Fencing and failover need a supervisor, which there is none of here. */
  off: Type.Array(Type.Enum(protectionIds)),
  /** Every coin of the fault proxies falls by it. */
  seed: Type.String({ minLength: 1 }),
});
export type ContainerPlan = Static<typeof ContainerPlanSchema>;

export interface PlacedInstance {
  readonly id: InstanceId;
  readonly partition: PartitionId;
  /** The port its fault proxy listens on. */
  readonly proxyPort: number;
}

export const containerPorts = {
  control: 8080,
  auth: 8080,
  service: 8080,
  health: 8081,
  mx: 2525,
  submission: 2587,
  mailApi: 8080,
  redis: 6379,
  fault: 8474,
  /** The first role instance's; the others' follow. */
  proxies: 9001,
} as const;

/** Every role instance of the plan, partition by partition. */
export const placedInstances = (plan: ContainerPlan): readonly PlacedInstance[] =>
  partitionIds(plan).flatMap((partition, nth) =>
    Array.from({ length: plan.roleInstances }, (_, ordinal) => ({
      id: instanceId(partition, ordinal),
      partition,
      proxyPort: containerPorts.proxies + nth * plan.roleInstances + ordinal,
    })),
  );

/** The host name of a partition's Redis. */
export const redisHost = (partition: PartitionId): string => `${partition}-redis`;
/** Base URL of a role instance, past its fault proxy. */
export const directUrl = (id: InstanceId): string => `http://${id}:${containerPorts.service}`;
