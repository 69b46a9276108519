/**
 * A whole lab as what is measured: its processes on the one core, the bench with its clients on the other. The CPU time
 * of a process comes from /proc, in ticks of 10 ms, so a round has to be seconds long. The lab is gone when the bench is,
 * whatever the bench dies of: its guardian sees to that.
 */
import { availableParallelism } from "node:os";
import { fillDirectory, partitionIds, populate, startLab, type Lab, type LabSettings, type LabUser } from "@cordon/lab";
import { readStat } from "@cordon/runtime";
import { pin } from "./pinning.ts";

export interface BenchLab extends AsyncDisposable {
  readonly lab: Lab;
  readonly users: readonly LabUser[];
  readonly pinned: boolean;
  /** Tenant -> base URL of the first role instance of its partition, through its fault proxy. */
  readonly services: Readonly<Record<string, string>>;
  /** CPU microseconds so far of the process with this name, and of the whole lab but for those that keep it. */
  cpuUs(name: string): number;
  labCpuUs(): number;
}

/** Clock ticks a second in /proc, which Linux fixes at 100 for user space. */
const usPerTick = 10_000;
const keepers = ["guardian", "supervisor"];

/** The presets hand out as many hashing seats as there are cores; a lab that has one core to itself has one. */
export const oneCoreSeats = (settings: LabSettings): LabSettings =>
  availableParallelism() < 2 ? settings : { ...settings, seats: { ...settings.seats, seats: 1 } };

export async function startBenchLab(settings: LabSettings, partitions: number, users: number): Promise<BenchLab> {
  const population = populate(partitionIds({ partitions }), users);
  const lab = await startLab(
    {
      root: process.cwd(),
      runId: `bench-${Date.now().toString(36)}`,
      settings,
      partitions,
      roleInstances: 2,
      faultPoints: false,
      keepsHistory: false,
      store: "lmdb",
      seed: "bench",
      tenants: population.tenants,
    },
    new AbortController().signal,
  );
  try {
    await fillDirectory(lab, population);
    const moved = lab.processes().map(({ pid }) => pin(pid, "measured"));
    const service = new Map(
      lab
        .instances()
        .map((one) => [one.partition, one.service] as const)
        .toReversed(),
    );
    const cpuUsOf = (counts: (name: string) => boolean): number =>
      lab
        .processes()
        .filter(({ name }) => counts(name))
        .reduce((sum, { pid }) => sum + (readStat(pid)?.cpuTicks ?? 0) * usPerTick, 0);
    return {
      lab,
      users: population.users,
      pinned: pin(process.pid, "other") && moved.every(Boolean),
      services: Object.fromEntries(
        population.tenants.map(({ domain, partition }) => [domain, service.get(partition) ?? ""]),
      ),
      cpuUs: (name) => cpuUsOf((one) => one === name),
      labCpuUs: () => cpuUsOf((one) => !keepers.includes(one)),
      [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}
