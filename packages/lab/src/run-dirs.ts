/** The runs of a working directory, whatever became of them: their folders, and no look into them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { labsDir } from "./paths.ts";

/** None where no lab was ever started, or where the folder is gone or may not be read. The name of each is its run's id. */
export function runDirs(root: string): readonly string[] {
  const labs = labsDir(root);
  try {
    return readdirSync(labs).map((name) => join(labs, name));
  } catch {
    return [];
  }
}
