/** One side of an ablation: which variant, what the candidate goes without, and the name that its folder has. */
import type { ProtectionId } from "@cordon/model";

export interface Step {
  readonly variant: string;
  readonly side: "baseline" | "candidate";
  readonly without: readonly ProtectionId[];
  /** From 1. */
  readonly run: number;
}

/** `partition-off`, `instance-on-2`, `partition-without-breaker-bulkhead-1`: also the name of the side's folder. */
export function nameOfStep({ variant, side, without, run }: Step): string {
  if (side === "baseline") return `${variant}-off`;
  return [variant, ...(without.length === 0 ? ["on"] : ["without", ...without]), run].join("-");
}
