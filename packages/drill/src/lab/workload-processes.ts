/**
 * The two processes that load and measure a lab, the generator and the idle reference beside it. They are processes of
 * the run like any other, journalled and marked, so that whatever ends the run ends them too; the supervisor knows
 * nothing of them, since they are not what is being drilled.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { kill } from "@cordon/runtime";
import { configFile, eventsFile } from "./paths.ts";
import type { LabPlan } from "./plan.ts";
import type { RunFolder } from "./run-folder.ts";
import { spawnProcess, type Spawned } from "./spawn.ts";

/** What each is told beyond what every process is told; their own schemas check it. */
export interface WorkloadConfigs {
  readonly generator: object;
  readonly reference: object;
}

export interface Workload {
  /** Resolves when the generator has ended; rejects when it failed. The reference is ended with it. */
  readonly ended: Promise<void>;
}

const programs = {
  generator: fileURLToPath(new URL("../workload/main.ts", import.meta.url)),
  reference: fileURLToPath(new URL("../workload/reference.ts", import.meta.url)),
} as const;

export function startWorkload(run: RunFolder, logLevel: LabPlan["logLevel"], configs: WorkloadConfigs): Workload {
  const start = (name: keyof WorkloadConfigs): Spawned => {
    const file = configFile(run.dir, name);
    const common = { name, eventsFile: eventsFile(run.dir, name), supervisorSocket: null, logLevel };
    writeFileSync(file, `${JSON.stringify({ ...common, ...configs[name] }, null, 2)}\n`, { mode: 0o600 });
    const order = { name, runId: run.runId, dir: run.dir, program: programs[name], args: ["--config", file] };
    const spawned = spawnProcess({ ...order, detached: true, stdin: "ignore", fileThreads: 4 }, run.journal);
    if (spawned === undefined) throw new Error(`the system refused to start the ${name}`);
    return spawned;
  };
  const reference = start("reference");
  const generator = start("generator");
  reference.child.unref();
  const ended = new Promise<void>((resolve, reject) => {
    generator.child.once("exit", (code, signal) => {
      kill(reference.process);
      if (code === 0) resolve();
      else reject(new Error(`the generator ended ${code === null ? `by ${signal}` : `with exit code ${code}`}`));
    });
  });
  // Whoever is not waiting yet when it fails hears of it when they wait.
  ended.catch(() => {});
  return { ended };
}
