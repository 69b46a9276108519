/** What one side of a drill is made of, and what is told of it while it runs. */
import type { LabSettings, StoreKind } from "@cordon/lab";
import type { Clock, Event, Phase } from "@cordon/model";
import type { Drill, Profile, Variant } from "./drill.ts";
import type { SteadyFigures } from "./side-history.ts";

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
}

/** What is told while a side runs, as it happens. */
export interface SideObserver {
  phase(phase: Phase, at: number): void;
  event(event: Event): void;
  /** The steady state just before the injection. */
  steady(figures: SteadyFigures): void;
}
