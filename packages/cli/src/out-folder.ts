/**
 * Where a result goes when nobody said: a folder named by the drill, by what makes this run another one than the drill as
 * it stands, and by the seed. So the drill itself is found under the shortest name, and a run of another variant, size or
 * side with the same seed never writes over it; only the very same run, made again, does.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

export interface RunName {
  readonly drill: string;
  readonly seed: string;
  /** What is not the default, each as one word or `key=value`; in a fixed order. */
  readonly unusual: readonly string[];
}

/** A longer name is told by its digest: a file name has 255 bytes, and the reports say everything anyway. */
const longestUnusual = 60;

/** `out/2014-06-directory-partition-7f3a`, `out/2014-06-directory-partition-instance-users64-7f3a`. */
export function outFolder({ drill, seed, unusual }: RunName): string {
  const words = unusual.map((word) => word.replaceAll(/[^\w.-]+/g, ""));
  const told = words.join("-");
  const short = told.length <= longestUnusual ? words : [createHash("sha256").update(told).digest("hex").slice(0, 12)];
  return join("out", [drill, ...short, seed].join("-"));
}
