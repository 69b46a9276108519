/** The supervisor's memory: the state file, read once, and written at each change before the change is acted on. */
import { existsSync } from "node:fs";
import { instanceId, partitionIds, type LabPlan } from "../plan.ts";
import { readState, writeState, type PartitionState, type SupervisorState } from "../state-file.ts";
import { InstanceIdSchema, type InstanceId, type PartitionId } from "@cordon/model";
import { Compile } from "typebox/compile";

export interface Memory {
  get(): SupervisorState;
  /** Written down when it returns. */
  set(change: Partial<SupervisorState>): void;
  partition(id: PartitionId): PartitionState;
  setPartition(id: PartitionId, state: PartitionState): void;
}

/**
 * What `file` says, or the beginning of a lab of this plan. Throws where a file stands that says nothing: terms would be
 * given twice.
 */
export function recall(file: string, plan: LabPlan): Memory {
  const found = readState(file);
  if (found === undefined && existsSync(file))
    throw new Error(`${file} is not the state of a supervisor of this version`);
  let state = found === undefined ? beginning(plan) : withoutGone(found);
  const set = (change: Partial<SupervisorState>): void => {
    const next = { ...state, ...change };
    writeState(file, next);
    state = next;
  };
  return {
    get: () => state,
    set,
    partition(id) {
      const known = state.partitions[id];
      if (known === undefined) throw new Error(`${id} is not a partition of this lab`);
      return known;
    },
    setPartition: (id, partition) => set({ partitions: { ...state.partitions, [id]: partition } }),
  };
}

/** The role instances that serve, shall serve, or are to be ended. */
export const instancesIn = ({ partitions }: Pick<SupervisorState, "partitions">): ReadonlySet<InstanceId> =>
  new Set(
    Object.values(partitions).flatMap(({ instances, successors, retiring }) => [
      ...instances,
      ...successors,
      ...retiring,
    ]),
  );

const isInstanceId = Compile(InstanceIdSchema);

/** Without the ports of role instances that died while nobody looked, and that nobody waits for. */
function withoutGone(state: SupervisorState): SupervisorState {
  const there = instancesIn(state);
  const ports = Object.entries(state.ports).filter(([name]) => there.has(name) || !isInstanceId.Check(name));
  return { ...state, ports: Object.fromEntries(ports) };
}

function beginning(plan: LabPlan): SupervisorState {
  const begun = (id: PartitionId): PartitionState => ({
    instances: Array.from({ length: plan.roleInstances }, (_, ordinal) => instanceId(id, ordinal)),
    successors: [],
    retiring: [],
    made: plan.roleInstances,
    begun: false,
    writer: null,
  });
  return {
    phase: "starting",
    failure: null,
    doneOrders: {},
    exchanging: null,
    authUrl: null,
    ports: {},
    proxies: {},
    retired: [],
    partitions: Object.fromEntries(partitionIds(plan).map((id) => [id, begun(id)])),
  };
}
