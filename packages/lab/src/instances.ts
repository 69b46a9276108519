/**
 * The role instances that serve a lab at this moment, put together from what the supervisor keeps: which there are and
 * where they listen from its state, which processes they are from the journal. After a failover these are others than at
 * the start, so whoever looks in from outside asks here and not in `lab.json`.
 */
import type { NamedProcess } from "./journal.ts";
import type { LabInstance } from "./lab-file.ts";
import type { SupervisorState } from "./state-file.ts";

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
