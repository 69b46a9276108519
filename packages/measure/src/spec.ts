/**
 * What a drill asks of a run before it begins: who lives where, what was scheduled, which limits stand, and what counts
 * as detected, isolated and quiet. The kernel reads nothing else but the history; so a run is judged by what was
 * promised beforehand, and never by what turned out. Every number is required.
 */
import type { EventKind, InstanceId, PartitionId } from "@cordon/model";
import type { FailedUnit, LimitSpec } from "./limits.ts";

/** Which events name the culprit. Any of `kinds` counts, once it names `partition` (and `instance`, where given). */
export interface DetectorSpec {
  readonly kinds: readonly EventKind[];
  readonly partition: PartitionId;
  readonly instance?: InstanceId;
}

/** Look-ups one mail costs, and canaries a second of all callers together. */
export interface Asking {
  readonly lookupsPerMail: number;
  readonly canaryPerSecond: number;
}

export interface DrillSpec {
  readonly failedPartition: PartitionId;
  readonly failedUnit: FailedUnit;
  /** Every user of the workload -> the partition it lives in. Records that say otherwise make a run invalid. */
  readonly users: ReadonlyMap<string, PartitionId>;
  /** How many attempts the schedule holds. Their ids are 0 .. n - 1, each of them once in the history. */
  readonly planned: { readonly signIns: number; readonly mails: number };
  /** An answer later than this after the scheduled time is late, ms. */
  readonly lateMs: number;
  /** A mail that is in its mailbox later than this after the scheduled time is delayed, ms. */
  readonly delayedMs: number;
  readonly limits: readonly LimitSpec[];
  readonly detector: DetectorSpec;
  /** Each of these kinds must have named the failed partition for TTI; none: only the others' harm counts. */
  readonly isolationKinds: readonly EventKind[];
  /** What "again, and stays so" means. */
  readonly sustained: {
    /** Judged second by second: the length of the sliding window, ms. */
    readonly windowMs: number;
    /** Share of the attempts of a window that may be hurt. */
    readonly hurtShare: number;
    /** Share of the mails of a window that may be delayed. */
    readonly delayedShare: number;
    /** Failover is shown by a window with at least this many sign-ins, every one of them ok. */
    readonly minSignIns: number;
  };
  /** The steady state without which nothing is judged. */
  readonly steady: {
    readonly okShare: number;
    /** Limit of the mail delay's p95, ms. */
    readonly mailP95Ms: number;
    readonly minSignIns: number;
    readonly minMails: number;
  };
  /** The bounds of a quiet host: p99.9 of timer delays, ms, and the share of all cores that others may take. */
  readonly noise: { readonly referenceP999Ms: number; readonly generatorP999Ms: number; readonly othersShare: number };
  /** What one mail and the callers' canaries ask of a partition when nothing is wrong, for each preset that is run. */
  readonly amplification: Readonly<Record<string, Asking>>;
  /** Present: a person has the drill in hand, and the fault ends with its lease. */
  readonly handsOn?: { readonly leaseMs: number };
  /** How long the incident lasted that the service level is projected on, ms. */
  readonly incidentLengthMs: number;
}

/** Whether the user lives outside the failed partition. */
export const isOutside = (spec: DrillSpec, user: string): boolean => spec.users.get(user) !== spec.failedPartition;
