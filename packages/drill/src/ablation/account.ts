/**
 * `ablation.json`, schema cordon.ablation/1: every side of an ablation and what they say of each protection together. A
 * contract: keys are only ever added. It is written after every side, so `stopped` and `complete` say how far it is.
 */
import type { DrillOptions } from "../drill-options.ts";
import { thisHost, type Host } from "../this-host.ts";
import { judgeAblation, type Judged, type Seen, type SideFound } from "./judge.ts";
import { nextStep } from "./steps.ts";
import { variantsOf, type AblationTable } from "./table.ts";

export interface Ablation {
  readonly schema: "cordon.ablation/1";
  readonly cordon: DrillOptions["cordon"];
  readonly drill: string;
  readonly seed: string;
  readonly profile: string;
  readonly store: string;
  readonly host: Host;
  /** How often each side was run: the baselines once, the one with everything oftener. */
  readonly times: number;
  readonly variants: readonly string[];
  /** In the order of the plan; `startedAt` says when each ran. */
  readonly sides: readonly SideFound[];
  readonly protections: readonly Judged[];
  /** Whether every side that it takes is there. */
  readonly complete: boolean;
  /** Why it ended early; null when it did not. */
  readonly stopped: string | null;
}

/** The account of what was seen so far. */
export const accountOf = (
  table: AblationTable,
  times: number,
  { cordon, drill, seed, profile, store }: Pick<DrillOptions, "cordon" | "drill" | "seed" | "profile" | "store">,
  seen: Seen,
  stopped: string | null,
): Ablation => ({
  schema: "cordon.ablation/1",
  cordon,
  drill: drill.id,
  seed,
  profile: profile.name,
  store,
  host: thisHost(),
  times,
  variants: variantsOf(table),
  sides: [...seen.values()],
  protections: judgeAblation(table, seen),
  complete: nextStep(table, times, seen) === undefined,
  stopped,
});
