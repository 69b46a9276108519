/**
 * From the histories of a run to `result.json`: each side judged by itself, then all of them together. Everything that
 * is not evidence (versions, host, configuration) is handed in and passed through.
 */
import type { Result } from "@cordon/model";
import { judgeSide, type SideRun } from "./side.ts";
import type { DrillSpec } from "./spec.ts";
import { rule, type Judged } from "./verdict.ts";

/** The run as it was made. */
export interface Run extends Omit<Judged, "sides"> {
  readonly sides: readonly SideRun[];
}

/** What a result tells besides what was found. */
export type About = Omit<
  Result,
  "schema" | "sides" | "handsOn" | "baseline" | "candidate" | "control" | "verdict" | "reason" | "exitCode"
>;

/** The whole result of a run, ready to be written. */
export function judge(run: Run, spec: DrillSpec, about: About): Result {
  const sides = run.sides.map((side) => judgeSide(side, spec));
  const handsOn = sides.find((side) => side.handsOn !== null)?.handsOn ?? null;
  const { control, verdict, reason, exitCode } = rule({ ...run, sides });
  return {
    schema: "cordon.drill/1",
    ...about,
    sides: sides.map(({ side }) => side),
    ...(handsOn === null ? {} : { handsOn }),
    baseline: run.baseline,
    candidate: run.candidate,
    control: { valid: control.valid, broken: [...control.broken] },
    verdict,
    reason,
    exitCode,
  };
}
