/**
 * The two processes that load and measure a lab, the generator and the idle reference beside it. The run's end is theirs
 * too; the generator's end is the reference's.
 */
import { fileURLToPath } from "node:url";
import type { Lab } from "@cordon/lab";
import { kill } from "@cordon/runtime";
import { asLost, SideLost } from "./side-lost.ts";

/** What each is told beyond what every process is told; their own schemas check it. */
export interface WorkloadConfigs {
  readonly generator: object;
  readonly reference: object;
}

export interface Workload {
  /**
   * Resolves when the generator has ended; the reference is ended with it. Rejects when it failed: with a SideLost when
   * somebody ended it, with an Error when it ended itself.
   */
  readonly ended: Promise<void>;
}

const programs = {
  generator: fileURLToPath(new URL("./workload/main.ts", import.meta.url)),
  reference: fileURLToPath(new URL("./workload/reference.ts", import.meta.url)),
} as const;

/** Starts both. Throws a SideLost when the system refuses one. */
export function startWorkload(lab: Pick<Lab, "spawnBeside">, configs: WorkloadConfigs): Workload {
  const start = (name: keyof WorkloadConfigs) => {
    try {
      return lab.spawnBeside({ name, program: programs[name], config: configs[name] });
    } catch (error) {
      throw asLost(error);
    }
  };
  const reference = start("reference");
  const generator = start("generator");
  reference.child.unref();
  const ended = new Promise<void>((resolve, reject) => {
    generator.child.once("exit", (code, signal) => {
      kill(reference.process);
      if (code === 0) resolve();
      else if (code === null) reject(new SideLost(`the generator was ended by ${signal}`, "users went unmeasured"));
      else reject(new Error(`the generator ended with exit code ${code}`));
    });
  });
  // Whoever is not waiting yet when it fails hears of it when they wait.
  ended.catch(() => {});
  return { ended };
}
