/**
 * What a test says that needs a foreign program. Where there is none, the test is skipped under a note that says how to
 * get it, and is counted; in continuous integration it fails, since a test that is quietly left out proves nothing.
 */
import type { Machine } from "./machine.ts";
import type { ProgramId } from "./programs.ts";
import { provision, type FoundProgram } from "./provision.ts";

/** The test's own context, as vitest hands it to a test. */
export interface Skipping {
  /** Ends the test here, by throwing, and notes why. */
  readonly skip: (note: string) => never;
}

/** The program, to be spawned with its environment. Throws in CI where there is none; skips the test elsewhere. */
export async function requires(id: ProgramId, test: Skipping, machine: Machine): Promise<FoundProgram> {
  const found = await provision(id, machine);
  if (found.kind === "found") return found;
  if (machine.inCi) throw new Error(found.how);
  // The note is the reason.
  return test.skip(found.how);
}
