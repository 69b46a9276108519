/** What the other packages may use of @cordon/measure: a run and its drill in, a result out. */
export { judge } from "./result.ts";
export { attemptEnd } from "./attempt.ts";
export { minSamples, percentileOf, percentiles } from "./percentile.ts";
export { othersShareIn, othersWords } from "./noise.ts";
export { ordersIn } from "./orders.ts";
export { othersMailAgainMs } from "./others-mail.ts";
export type { SideRun } from "./side.ts";
export { exitCodes, type Abort } from "./verdict.ts";
export { limitFigures, limitsOf, type LimitSpec, type PromisedLimit } from "./limits.ts";
export type { Asking, DetectorSpec, DrillSpec } from "./spec.ts";
