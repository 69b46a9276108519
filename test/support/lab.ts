/**
 * A lab for a test: every service as a process of its own, in a working directory of the test, with users in every
 * partition. Leaving its scope ends it by the lab's own sweep, and a sweep that leaves something fails the test.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  examineLabs,
  importLines,
  populate,
  serviceParts,
  startLabOf,
  type Lab,
  type LabSettings,
  type Population,
  type StoreKind,
} from "@cordon/lab";

export interface SeededLabOptions {
  readonly partitions: number;
  readonly roleInstances: number;
  readonly users: number;
  readonly seed: string;
  readonly settings: LabSettings;
  readonly store: StoreKind;
  /** Present: a verify can be made to hang from outside. */
  readonly faultPoints?: true;
  /** Where a test kills more supervisors than a run survives by itself. */
  readonly supervisorRestarts?: number;
  /** The program of the mail service: a file that Node runs with `--config FILE`. */
  readonly mailProgram: string;
  /** The folder its working directory is made in, if not the system's temporary folder. */
  readonly temporary?: string;
}

export interface SeededLab extends AsyncDisposable {
  /** The working directory the lab runs under. */
  readonly root: string;
  readonly lab: Lab;
  readonly population: Population;
}

/** The mail service of this repository. */
export const mailProgram = serviceParts.programs.mail;

const importWithinMs = 30_000;
/** What a test asks is asked once the lab is ready: on a host that others keep busy, its start may take its time. */
const readyWithinMs = 100_000;

/** A folder of the temporary folder, the system's unless told; whatever run is left in it is cleared away with it. */
export function workingDirectory(temporary = tmpdir()): AsyncDisposable & { readonly root: string } {
  const root = mkdtempSync(join(temporary, "cordon-test-"));
  return {
    root,
    async [Symbol.asyncDispose]() {
      const { clean } = await examineLabs(root);
      rmSync(root, { recursive: true, force: true });
      if (!clean) throw new Error(`processes of a lab under ${root} could not be ended; run: cordon doctor`);
    },
  };
}

/** Starts a lab and fills its directory. */
export async function startSeededLab(options: SeededLabOptions): Promise<SeededLab> {
  await using scope = new AsyncDisposableStack();
  const { root } = scope.use(workingDirectory(options.temporary));
  const partitions = Array.from({ length: options.partitions }, (_, index) => `p${index + 1}`);
  const population = populate(partitions, options.users);
  const lab = await startLabOf(
    {
      ...serviceParts,
      programs: { ...serviceParts.programs, mail: options.mailProgram },
      bounds: {
        ...serviceParts.bounds,
        readyWithinMs,
        supervisorRestarts: options.supervisorRestarts ?? serviceParts.bounds.supervisorRestarts,
      },
    },
    {
      root,
      runId: "test",
      settings: options.settings,
      partitions: options.partitions,
      roleInstances: options.roleInstances,
      faultPoints: options.faultPoints === true,
      keepsHistory: false,
      store: options.store,
      seed: options.seed,
      tenants: population.tenants,
    },
    new AbortController().signal,
  );
  scope.defer(() => endLab(lab));
  await Promise.all(partitions.map((partition) => fill(lab, partition, population)));
  const open = scope.move();
  return { root, lab, population, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

async function endLab(lab: Lab): Promise<void> {
  const { left } = await lab.close();
  if (left.length > 0) throw new Error(`the lab left ${left.map(({ name, pid }) => `${name} (${pid})`).join(", ")}`);
}

async function fill(lab: Lab, partition: string, population: Population): Promise<void> {
  const instance = lab.instances().find((one) => one.partition === partition);
  if (instance === undefined) throw new Error(`no role instance serves ${partition}`);
  const lines = importLines(population, partition);
  const response = await fetch(new URL("/v1/import", instance.direct), {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${lab.token}` },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    signal: AbortSignal.timeout(importWithinMs),
  });
  const { imported } = (await response.json()) as { imported?: number };
  if (imported !== lines.length) throw new Error(`${partition} imported ${imported ?? 0} of ${lines.length} lines`);
}
