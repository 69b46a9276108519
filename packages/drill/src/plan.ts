/**
 * What a run would do, told before anything is started: sides in their order, workload, fault, limits, processes, and how
 * long it will take. It is made from the very options that a run is made from, by the same code where there is any, so that
 * a plan cannot promise another run than the one that follows with its seed.
 */
import { disabledIn, partitionIds, settingsOf } from "@cordon/lab";
import { limitsOf, type PromisedLimit } from "@cordon/measure";
import { leaseReserveMs, workloadLengthMs } from "./experiment.ts";
import type { Profile } from "./drill.ts";
import { fullRuns } from "./repeat.ts";
import type { DrillOptions } from "./drill-options.ts";
import { orderOf } from "./run.ts";
import { specOf } from "./spec.ts";

export interface DrillPlan {
  readonly drill: string;
  readonly variant: string;
  readonly seed: string;
  readonly profile: Profile;
  readonly store: DrillOptions["store"];
  /** Whether the result could be held or refuted: both sides, and nothing changed by hand. */
  readonly compares: boolean;
  /** In the order in which they run. */
  readonly sides: readonly {
    readonly preset: string;
    readonly role: "baseline" | "candidate";
    /** Ids of protections. */
    readonly disabled: readonly string[];
    readonly processes: readonly { readonly name: string; readonly count: number }[];
  }[];
  readonly workload: { readonly seconds: number; readonly signIns: number; readonly mails: number };
  readonly fault: {
    readonly partition: string;
    readonly injected: string;
    readonly removed: string;
    /** After the load begins. */
    readonly atSeconds: number;
    readonly seconds: number;
    /** Whoever dies meanwhile, it heals by itself after so long. */
    readonly leaseSeconds: number;
  };
  readonly limits: readonly PromisedLimit[];
  /** How often the drill is run, how many sides that is, and how long all of it takes. */
  readonly runs: { readonly count: number; readonly sides: number; readonly expectedSeconds: number };
  /** Where the result of the first goes. */
  readonly out: string;
}

/** What a side takes beside its schedule: its start, its users' import, the audit and clearing away, on two cores. */
const besideScheduleSeconds = 9;

/** How long one side of this size takes on two cores that have nothing else to do, seconds. */
export const sideSeconds = (profile: Profile): number => workloadLengthMs(profile) / 1_000 + besideScheduleSeconds;

/** The plan of `times` runs, the first of which `options` describe. */
export function planDrill(options: DrillOptions, times: number): DrillPlan {
  const { drill, variant, profile, seed, store, baseline, candidate, overridden } = options;
  const { planned, limits } = specOf(options);
  const sides = orderOf(options);
  const full = Math.min(times, fullRuns);
  const sidesInAll = full * sides.length + (times - full) * (sides.includes(baseline) ? 1 : sides.length);
  return {
    drill: drill.id,
    variant: variant.id,
    seed,
    profile,
    store,
    compares: sides.length === 2 && !overridden,
    sides: sides.map((preset) => {
      const disabled = preset === candidate ? options.disabled : [];
      return {
        preset,
        role: preset === candidate ? "candidate" : "baseline",
        disabled: disabledIn(preset, disabled),
        processes: processesOf(options, settingsOf(preset, disabled).failover !== "off"),
      };
    }),
    workload: { seconds: workloadLengthMs(profile) / 1_000, signIns: planned.signIns, mails: planned.mails },
    fault: {
      partition: drill.failedPartition,
      injected: variant.injected,
      removed: variant.removed,
      atSeconds: profile.warmSeconds + profile.steadySeconds,
      seconds: profile.faultSeconds,
      leaseSeconds: profile.faultSeconds + leaseReserveMs / 1_000,
    },
    limits: limitsOf(limits),
    runs: { count: times, sides: sidesInAll, expectedSeconds: sidesInAll * sideSeconds(profile) },
    out: options.out,
  };
}

/** The processes of a side's lab and its workload, by what they are; what a failover or a fence starts is not among them. */
function processesOf({ profile, store }: DrillOptions, failsOver: boolean): DrillPlan["sides"][number]["processes"] {
  const partitions = partitionIds(profile).length;
  return [
    { name: "supervisor and guardian", count: 2 },
    { name: "control, auth, mail, fault proxies", count: 4 },
    { name: "role instances", count: partitions * profile.roleInstances },
    ...(store === "redis" ? [{ name: "Redis", count: partitions }] : []),
    ...(failsOver ? [{ name: "spares for a failover", count: profile.roleInstances }] : []),
    { name: "generator and idle reference", count: 2 },
  ];
}
