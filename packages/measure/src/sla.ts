/**
 * The service level this side would have shown through the whole incident (June 2014: nine hours), for a tenant that
 * lives wholly in the partition that fared worst, and for the fleet. Detection, failover and draining are transients:
 * they take the seconds they took, and count in full for everybody. Only the state the system had settled in by the end
 * of the fault is stretched. That state is measured by attempts and not by users: the share of users hurt at least once
 * grows with the length of looking, while the share of attempts that fail is the share of time a user is down. Sign-in
 * and mail are reckoned apart, and the worse of the two counts: who cannot sign in is down although his mail is taken,
 * and a tenant whose mail is parked for nine hours is down although it can sign in.
 */
import { billingMonthMinutes, creditFor, uptimeShare, type Instant, type PartitionId, type Side } from "@cordon/model";
import { delayOf } from "./deliveries.ts";
import type { DrillSpec } from "./spec.ts";
import type { Seen, Times } from "./times.ts";
import { within, type Window } from "./window.ts";

const minuteMs = 60_000;

/** The projection. `sustainedShare` is the fleet's; uptimes and credits are shares 0..1 of one billing month. */
export function projectSla(seen: Seen, times: Times, spec: DrillSpec): Side["sla"] {
  const { fault, windows } = seen;
  const settledMs = Math.max(times.ttiMs ?? 0, times.failoverMs ?? 0);
  const drainMs = times.ttrMs ?? Math.max(0, windows.judged.to - (fault.removedAt ?? windows.judged.to));
  const settled = { from: windows.zero + settledMs, to: windows.fault.to };
  const shares = downShares(seen, settled, spec) ?? downShares(seen, windows.fault, spec);
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

interface Shares {
  readonly worst: number;
  readonly fleet: number;
}

/** The worse of the two services, in the worst partition and over all; undefined where nothing was tried. */
function downShares({ attempts, deliveries, windows }: Seen, window: Window, spec: DrillSpec): Shares | undefined {
  const signIns = attempts.filter(({ service }) => service === "sign-in");
  const untaken = attempts.filter(({ service, hurt }) => service === "mail" && hurt);
  const taken = deliveries.map((delivery) => ({
    at: delivery.scheduledAt,
    user: delivery.user,
    hurt: delayOf(delivery, windows.judged.to) > spec.delayedMs,
  }));
  const one = failedShares(signIns, window, spec);
  const other = failedShares([...untaken, ...taken], window, spec);
  if (one === undefined || other === undefined) return one ?? other;
  return { worst: Math.max(one.worst, other.worst), fleet: Math.max(one.fleet, other.fleet) };
}

function failedShares(
  tries: readonly { at: Instant; user: string; hurt: boolean }[],
  window: Window,
  spec: DrillSpec,
): Shares | undefined {
  const partitions = new Map<PartitionId | undefined, { tried: number; failed: number }>();
  const fleet = { tried: 0, failed: 0 };
  for (const { at, user, hurt } of tries) {
    if (!within(window, at)) continue;
    const own = partitions.getOrInsertComputed(spec.users.get(user), () => ({ tried: 0, failed: 0 }));
    for (const account of [own, fleet]) {
      account.tried += 1;
      if (hurt) account.failed += 1;
    }
  }
  if (fleet.tried === 0) return undefined;
  const worst = [...partitions.values()].reduce((share, { tried, failed }) => Math.max(share, failed / tried), 0);
  return { worst, fleet: fleet.failed / fleet.tried };
}
