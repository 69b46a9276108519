/**
 * A process that stands beside a lab and is none of its services: a load generator, a reference. It is a process of the
 * run like any other, journalled and marked, so that whatever ends the run ends it too; the supervisor knows nothing of
 * it, since it is not what is being drilled.
 */
import { writeFileSync } from "node:fs";
import { configFile, eventsFile } from "./paths.ts";
import type { LabPlan } from "./plan.ts";
import type { RunFolder } from "./run-folder.ts";
import { spawnProcess, type Spawned } from "./spawn.ts";

export interface BesideOrder {
  /** Unique in the run. */
  readonly name: string;
  /** The program, a file that Node runs. */
  readonly program: string;
  /** What it is told beyond what every process is told; its own schema checks it. */
  readonly config: object;
}

/** Starts a process beside a lab. Throws when the system refuses. */
export function spawnBeside(run: RunFolder, logLevel: LabPlan["logLevel"], order: BesideOrder): Spawned {
  const { name, program, config } = order;
  const file = configFile(run.dir, name);
  const common = { name, eventsFile: eventsFile(run.dir, name), supervisorSocket: null, logLevel };
  writeFileSync(file, `${JSON.stringify({ ...common, ...config }, null, 2)}\n`, { mode: 0o600 });
  const spawned = spawnProcess(
    {
      name,
      runId: run.runId,
      dir: run.dir,
      program,
      args: ["--config", file],
      detached: true,
      stdin: "ignore",
      fileThreads: 4,
    },
    run.journal,
  );
  if (spawned === undefined) throw new Error(`the system refused to start the ${name}`);
  return spawned;
}
