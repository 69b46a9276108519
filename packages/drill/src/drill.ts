/**
 * What a drill is: a hypothesis (limits), a workload, a fault schedule, and the variants it comes in. A drill is data; the
 * runner makes it happen, the kernel judges it, and the CLI and the docs list it from the same object.
 */
import type { DetectorSpec, DrillSpec, LimitSpec } from "@cordon/measure";
import type { EventKind, PartitionId, ProtectionId } from "@cordon/model";
import type { FaultKind } from "./faults.ts";

export type ProfileName = "quick" | "full";

/** The size of a run. Rates are per second over all partitions. */
export interface Profile {
  readonly name: ProfileName;
  readonly partitions: number;
  readonly roleInstances: number;
  readonly users: number;
  readonly signInPerSecond: number;
  readonly mailPerSecond: number;
  readonly warmSeconds: number;
  readonly steadySeconds: number;
  readonly faultSeconds: number;
  readonly recoverySeconds: number;
}

export interface Variant {
  readonly id: string;
  readonly title: string;
  /** What is ordered, for the timeline: `p3 stops answering (health: green)`. */
  readonly injected: string;
  readonly removed: string;
  readonly fault: FaultKind;
  /** Whether the whole partition fails or one of its role instances: harm beyond that is what a control must show. */
  readonly failedUnit: DrillSpec["failedUnit"];
  readonly detector: DetectorSpec;
  readonly isolationKinds: readonly EventKind[];
  /** The hypothesis for a candidate without the protections in `disabled`. */
  readonly limits: (disabled: readonly ProtectionId[]) => readonly LimitSpec[];
}

export interface Drill {
  readonly id: string;
  readonly title: string;
  /** The incident it replays, in two or three sentences. */
  readonly incident: string;
  readonly failedPartition: PartitionId;
  /** How long the incident lasted, for the projection of the service level. */
  readonly incidentLengthMs: number;
  readonly profiles: Readonly<Record<ProfileName, Profile>>;
  /** The first is the default. */
  readonly variants: readonly [Variant, ...Variant[]];
}

/** Within these a host is quiet: p99.9 of timer delays, ms, and the share of all cores that others may take. */
export const quietHost = { referenceP999Ms: 150, generatorP999Ms: 150, othersShare: 0.25 } as const;

/** What a client is like, the same on every side of every drill. */
export const client = {
  /** Later than this after its scheduled time an answer is late, ms. */
  lateMs: 1_000,
  /** A mail is delayed when it reaches its mailbox later than this after its scheduled time, ms. */
  delayedMs: 2_000,
  /** A client gives up after this, ms. */
  patienceMs: 5_000,
  /** Attempts a client machine can have under way at once. */
  maxInFlight: 4_000,
  /** Share of the mails that go to an alias. */
  aliasShare: 0.1,
} as const;
