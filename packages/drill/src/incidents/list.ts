/** The drills there are, in the order they are listed. */
import type { Drill } from "../drill.ts";
import { directoryPartition2014 } from "./2014-06-directory-partition.ts";

export const drills: readonly Drill[] = [directoryPartition2014];
