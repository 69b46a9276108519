/** What an ablation would run, and for how long: told before it begins, for it takes the machine for half an hour. */
import type { DrillOptions } from "../drill-options.ts";
import { sideSeconds } from "../plan.ts";
import { minutes } from "../report/plan-text.ts";
import { nameOfStep } from "./step.ts";
import { firstSteps, pairSteps } from "./steps.ts";
import type { AblationTable } from "./table.ts";

export interface AblationPlan {
  readonly drill: string;
  readonly seed: string;
  readonly profile: string;
  /** How often each side is run: the baselines once, the one with everything oftener. */
  readonly times: number;
  /** Names of the sides that are run whatever comes of them. */
  readonly sides: readonly string[];
  /** Names of the sides that are run only if nobody misses one of the two alone. */
  readonly pairs: readonly string[];
  /** Without any of the pairs, and with all of them. */
  readonly expectedSeconds: { readonly least: number; readonly most: number };
  readonly out: string;
}

export function planAblation(
  table: AblationTable,
  times: number,
  { drill, seed, profile, out }: Pick<DrillOptions, "drill" | "seed" | "profile" | "out">,
): AblationPlan {
  const sides = firstSteps(table, times).map(nameOfStep);
  const pairs = pairSteps(table, times, new Map()).map(nameOfStep);
  const seconds = sideSeconds(profile);
  return {
    drill: drill.id,
    seed,
    profile: profile.name,
    times,
    sides,
    pairs,
    expectedSeconds: { least: sides.length * seconds, most: (sides.length + pairs.length) * seconds },
    out,
  };
}

/** The line that is said before it begins. */
export const ablationTimeText = ({ sides, pairs, expectedSeconds: { least, most } }: AblationPlan): string =>
  `${sides.length} sides, and up to ${pairs.length} more for pairs: ${minutes(least)} to ${minutes(most)}`;

/** The whole plan, without a line break at its end. */
export const ablationPlanText = (plan: AblationPlan): string =>
  [
    "DRY RUN    nothing is started",
    `drill      ${plan.drill}   seed ${plan.seed}   ${plan.profile}   ${plan.times} a side`,
    `time       about ${ablationTimeText(plan)}`,
    `result     ${plan.out}`,
    "sides",
    ...plan.sides.map((name) => `  ${name}`),
    "pairs, as far as nobody misses one of the two alone",
    ...plan.pairs.map((name) => `  ${name}`),
  ].join("\n");
