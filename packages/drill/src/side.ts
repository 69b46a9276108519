/** What one side of a drill is made of, and what is told of it while it runs. */
import type { LabSettings, StoreKind } from "@cordon/lab";
import type { Clock, Event, Phase } from "@cordon/model";
import type { AbortCondition } from "./abort-when.ts";
import type { Drill, Profile, Variant } from "./drill.ts";
import type { LiveFigures } from "./live.ts";
import type { SteadyFigures } from "./steady-gate.ts";

export interface SideOptions {
  readonly drill: Drill;
  readonly variant: Variant;
  readonly profile: Profile;
  readonly settings: LabSettings;
  readonly store: StoreKind;
  readonly seed: string;
  /** Name of the side's lab; unique in `root`. */
  readonly runId: string;
  /** Where labs are kept. */
  readonly root: string;
  readonly clock: Clock;
  /** A person has the drill in hand: its fault ends with its lease and not before. */
  readonly handsOn: boolean;
  /** While the fault is on, the first of these that is true ends the side. */
  readonly abortWhen: readonly AbortCondition[];
  /** How long a lab that is ready waits for a person's word before its load begins, ms; null: it does not wait. */
  readonly pauseMs: number | null;
  /** A lab that takes longer to start has failed, ms. */
  readonly readyWithinMs: number;
}

/** What is told while a side runs, as it happens. */
export interface SideObserver {
  phase(phase: Phase, at: number): void;
  event(event: Event): void;
  /** The steady state just before the injection. */
  steady(figures: SteadyFigures): void;
  /** What users have just now, once a second; told only where somebody asked for it. */
  live?(figures: LiveFigures): void;
  /** The lab waits for a person's word; `resume` gives it. */
  paused?(resume: () => void): void;
}
