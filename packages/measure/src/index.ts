/** What the other packages may use of @cordon/measure: a run and its drill in, a result out. */
export { judge, type About, type Run } from "./result.ts";
export { judgeSide, type Flaw, type JudgedSide, type SideRun } from "./side.ts";
export { rule, exitCodes, type Abort, type Judged, type Ruling } from "./verdict.ts";
export { limitTable, type LimitId, type LimitSpec } from "./limits.ts";
export type { Asking, DetectorSpec, DrillSpec } from "./spec.ts";
export { minSamples, percentiles } from "./percentile.ts";
export { noiseOf, noisyBy } from "./noise.ts";
