/**
 * The two processes that load and measure a lab, the generator and the idle reference beside it. The run's end is theirs
 * too; the generator's end is the reference's.
 */
import { fileURLToPath } from "node:url";
import type { Lab } from "@cordon/lab";
import { kill } from "@cordon/runtime";

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
  generator: fileURLToPath(new URL("./workload/main.ts", import.meta.url)),
  reference: fileURLToPath(new URL("./workload/reference.ts", import.meta.url)),
} as const;

/** Starts both. Throws when the system refuses one. */
export function startWorkload(lab: Pick<Lab, "spawnBeside">, configs: WorkloadConfigs): Workload {
  const start = (name: keyof WorkloadConfigs) =>
    lab.spawnBeside({ name, program: programs[name], config: configs[name] });
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
