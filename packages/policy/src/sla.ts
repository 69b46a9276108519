/**
 * What an outage means against a service level: how much downtime a promise allows in a period, and what the same
 * outage is to a tenant that lives wholly in the failed partition and to the fleet it disappears in. Uptime and the
 * monthly credits are reckoned in one place, with the words (@cordon/model); here they are applied.
 * The promise in the press for June 2014 is a quarterly one, and the credit terms are monthly: two contracts, kept
 * apart. Invariants: the fleet's uptime is never below the worst tenant's, nor its credit above.
 */
import { billingMonthMinutes, creditFor, uptimeShare } from "@cordon/model";

const minutesADay = 24 * 60;

/** Minutes of downtime that a promised uptime share (0 .. 1) allows in a period of days. */
export const allowedDowntimeMinutes = (promised: number, days: number): number => (1 - promised) * days * minutesADay;

/** Minutes of downtime in a billing month past which the uptime is below the share. */
export const tierReachedMinutes = (below: number): number => (1 - below) * billingMonthMinutes;

/** Uptime 0 .. 1 over the billing month, and the share of the month's fee that is credited. */
export interface ServiceLevel {
  readonly uptime: number;
  readonly credit: number;
}

/** One partition of `partitions` equal ones was down for so many minutes of a billing month. */
export function monthOf(
  downtimeMinutes: number,
  partitions: number,
): { worstTenant: ServiceLevel; fleet: ServiceLevel } {
  const levelOf = (uptime: number): ServiceLevel => ({ uptime, credit: creditFor(uptime) });
  return {
    worstTenant: levelOf(uptimeShare(downtimeMinutes, billingMonthMinutes)),
    fleet: levelOf(uptimeShare(downtimeMinutes, billingMonthMinutes * partitions)),
  };
}
