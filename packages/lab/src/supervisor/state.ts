/** The supervisor's memory: the state file, read once, and written at each change before the change is acted on. */
import { existsSync } from "node:fs";
import { instanceId, partitionIds, type LabPlan } from "../plan.ts";
import { readState, writeState, type PartitionState, type SupervisorState } from "../state-file.ts";
import type { PartitionId } from "@cordon/model";

export interface Memory {
  get(): SupervisorState;
  /** Written down when it returns. */
  set(change: Partial<SupervisorState>): void;
  partition(id: PartitionId): PartitionState;
  setPartition(id: PartitionId, state: PartitionState): void;
}

/** What `file` says, or the beginning of a lab of this plan. Throws where a file stands that says nothing: terms would be given twice. */
export function recall(file: string, plan: LabPlan): Memory {
  const found = readState(file);
  if (found === undefined && existsSync(file))
    throw new Error(`${file} is not the state of a supervisor of this version`);
  let state = found ?? beginning(plan);
  const set = (change: Partial<SupervisorState>): void => {
    const next = { ...state, ...change };
    writeState(file, next);
    state = next;
  };
  return {
    get: () => state,
    set,
    partition(id) {
      const found = state.partitions[id];
      if (found === undefined) throw new Error(`${id} is not a partition of this lab`);
      return found;
    },
    setPartition: (id, partition) => set({ partitions: { ...state.partitions, [id]: partition } }),
  };
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
    partitions: Object.fromEntries(partitionIds(plan).map((id) => [id, begun(id)])),
  };
}
