/** What a run is made on, as its result names it. */
import { availableParallelism } from "node:os";

export interface Host {
  /** Cores that this process may use. */
  readonly cpus: number;
  /** Version of Node. */
  readonly node: string;
  /** As `linux-x64`. */
  readonly platform: string;
}

export const thisHost = (): Host => ({
  cpus: availableParallelism(),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
});
