/** What a run is asked to be, whole and checked: nothing of it is looked up again while it runs. */
import type { PresetName, StoreKind } from "@cordon/lab";
import type { SideRun } from "@cordon/measure";
import type { Clock, ProtectionId, Result } from "@cordon/model";
import type { AbortCondition } from "./abort-when.ts";
import type { Drill, Profile, Variant } from "./drill.ts";

export interface DrillOptions {
  readonly drill: Drill;
  readonly variant: Variant;
  readonly profile: Profile;
  /** Presets to run; the hypothesis is about the candidate, the control is the baseline. */
  readonly sides: readonly PresetName[];
  readonly baseline: PresetName;
  readonly candidate: PresetName;
  /** Protections taken away from the candidate. */
  readonly disabled: readonly ProtectionId[];
  /** The profile was changed by hand: the result is exploratory. */
  readonly overridden: boolean;
  /** Sides of an earlier run of the same drill that stand in for ones not run now. */
  readonly borrowed: readonly SideRun[];
  /** What the partitions of the lab stand on. */
  readonly store: StoreKind;
  readonly seed: string;
  readonly root: string;
  /** Where result.json and the histories are written. */
  readonly out: string;
  readonly cordon: Result["cordon"];
  readonly clock: Clock;
  /** A person has the drill in hand (hands-on.ts says what that changes): one side, told of as it runs, and its own times. */
  readonly handsOn: boolean;
  /** The variant was drawn by the seed too: nobody is told it before it was injected. */
  readonly variantDrawn: boolean;
  /** While a fault is on, the first of these that is true ends the run. */
  readonly abortWhen: readonly AbortCondition[];
  /** How long each side waits for a person's word before its load begins, ms; null: it does not. */
  readonly pauseMs: number | null;
  /** A lab that takes longer to start has failed, ms. */
  readonly readyWithinMs: number;
}
