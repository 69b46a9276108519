/**
 * The service level this side would have shown through the whole incident (June 2014: nine hours), for a tenant that
 * lives wholly in the partition that fared worst, and for the fleet. Detection, failover and draining are transients:
 * they take the seconds they took, and count in full for everybody. Only the state the system had settled in by the end
 * of the fault is stretched. That state is measured by attempts and not by users: the share of users hurt at least once
 * grows with the length of looking, while the share of attempts that fail is the share of time a user is down.
 */
import { billingMonthMinutes, creditFor, uptimeShare, type PartitionId, type Side } from "@cordon/model";
import type { Attempt } from "./attempt.ts";
import type { FaultSteps } from "./fault.ts";
import type { DrillSpec } from "./spec.ts";
import type { Times } from "./times.ts";
import { within, type Window, type Windows } from "./window.ts";

const minuteMs = 60_000;

/** The projection. `sustainedShare` is the fleet's; uptimes and credits are shares 0..1 of one billing month. */
export function projectSla(
  attempts: readonly Attempt[],
  times: Times,
  fault: FaultSteps,
  windows: Windows,
  spec: DrillSpec,
): Side["sla"] {
  const settledMs = Math.max(times.ttiMs ?? 0, times.failoverMs ?? 0);
  const drainMs = times.ttrMs ?? Math.max(0, windows.judged.to - (fault.removedAt ?? windows.judged.to));
  const settled = { from: windows.zero + settledMs, to: windows.fault.to };
  const shares = hurtShares(attempts, settled, spec) ?? hurtShares(attempts, windows.fault, spec);
  const uptime = (share: number): number =>
    uptimeShare((settledMs + drainMs + share * spec.incidentLengthMs) / minuteMs, billingMonthMinutes);
  const worstTenant = uptime(shares?.worst ?? 0);
  const fleet = uptime(shares?.fleet ?? 0);
  return {
    transientSeconds: (settledMs + drainMs) / 1_000,
    sustainedShare: shares?.fleet ?? 0,
    worstTenant,
    fleet,
    creditWorstTenant: creditFor(worstTenant),
    creditFleet: creditFor(fleet),
  };
}

/** Share of the window's attempts that were hurt, in the worst partition and over all; undefined where there are none. */
function hurtShares(
  attempts: readonly Attempt[],
  window: Window,
  spec: DrillSpec,
): { worst: number; fleet: number } | undefined {
  const partitions = new Map<PartitionId | undefined, { tried: number; hurt: number }>();
  const fleet = { tried: 0, hurt: 0 };
  for (const attempt of attempts) {
    if (!within(window, attempt.at)) continue;
    const own = partitions.getOrInsertComputed(spec.users.get(attempt.user), () => ({ tried: 0, hurt: 0 }));
    for (const account of [own, fleet]) {
      account.tried += 1;
      if (attempt.hurt) account.hurt += 1;
    }
  }
  if (fleet.tried === 0) return undefined;
  const worst = [...partitions.values()].reduce((share, { tried, hurt }) => Math.max(share, hurt / tried), 0);
  return { worst, fleet: fleet.hurt / fleet.tried };
}
