/**
 * The role instances that serve a lab at this moment, put together from what the supervisor keeps: which there are and
 * where they listen from its state, which processes they are from the journal. After a failover these are others than at
 * the start, so whoever looks in from outside asks here and not in `lab.json`.
 */
import { isAlive } from "@cordon/runtime";
import { newestOf, readJournal, type NamedProcess } from "./journal.ts";
import type { LabFile, LabInstance } from "./lab-file.ts";
import { journalFile, stateFile } from "./paths.ts";
import { readState, type SupervisorState } from "./state-file.ts";

export interface Members {
  readonly instances: readonly LabInstance[];
  /** The newest process of each name that lives. */
  readonly processes: readonly NamedProcess[];
  /** Role instances that a failover has replaced and whose fault proxies still stand. */
  readonly retired: readonly string[];
}

/** Who serves the lab of another process now. Nobody, when it is being cleared away. */
export function membersOf({ dir, partitions }: Pick<LabFile, "dir" | "partitions">): Members {
  const processes = newestOf(readJournal(journalFile(dir))?.spawned ?? []).filter(isAlive);
  const state = readState(stateFile(dir));
  if (state === undefined) return { instances: [], processes, retired: [] };
  return { instances: instancesOf(partitions, state, processes), processes, retired: state.retired };
}

/** A role instance without an address or a process is between two lives, and is left out until it is back. */
export const instancesOf = (
  partitions: readonly string[],
  state: SupervisorState,
  processes: readonly NamedProcess[],
): readonly LabInstance[] =>
  partitions.flatMap((partition) =>
    (state.partitions[partition]?.instances ?? []).flatMap((id) => {
      const process = processes.find(({ name }) => name === id);
      const ports = state.ports[id]?.ports;
      const [proxy, direct, health] = [state.proxies[id], ports?.["service"], ports?.["health"]];
      if (process === undefined || proxy === undefined || direct === undefined || health === undefined) return [];
      const { pid, startTicks } = process;
      return [{ id, partition, pid, startTicks, service: `http://${proxy}`, direct, health }];
    }),
  );
