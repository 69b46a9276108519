/** What a process of a lab is, apart from being alive: its name and place, and how it is started. */
import type { InstanceId, PartitionId } from "@cordon/model";
import { configFile, redisConfFile } from "../paths.ts";
import type { LabPlan, Role } from "../plan.ts";
import type { spawnProcess } from "../spawn.ts";

export interface Spec {
  readonly name: string;
  readonly role: Role;
  readonly partition?: PartitionId;
  readonly instance?: InstanceId;
}

export const instanceSpec = (partition: PartitionId, instance: InstanceId): Spec => ({
  name: instance,
  role: "directory",
  partition,
  instance,
});

/** Of whom an event is. */
export const about = ({ partition, instance }: Spec): { partition?: PartitionId; instance?: InstanceId } => ({
  ...(partition !== undefined && { partition }),
  ...(instance !== undefined && { instance }),
});

/** Mail waits for many files at once; the others do with the four threads Node has by itself. */
const fileThreadsOf = (role: Role): number => (role === "mail" ? 8 : 4);

/** How it is started from nothing; its configuration is written already. */
export function orderOf(plan: LabPlan, { name, role }: Spec): Parameters<typeof spawnProcess>[0] {
  const common = { name, runId: plan.runId, dir: plan.dir, detached: false, stdin: "ignore" } as const;
  if (role !== "redis") {
    const args = ["--config", configFile(plan.dir, name)];
    return { ...common, program: plan.programs[role], args, fileThreads: fileThreadsOf(role) };
  }
  if (plan.store.kind !== "redis") throw new Error(`${name} is kept in a lab whose store is no Redis`);
  const { program, environment } = plan.store;
  return { ...common, program, foreign: environment, args: [redisConfFile(plan.dir, name)], fileThreads: 0 };
}
