/**
 * The arithmetic of a service level, once, for whoever shows it: uptime from downtime, and the monthly credit it earns.
 * The fleet's average hides a tenant's outage (June 2014: 9 h is 98.75 % for the tenant, 99.92 % for sixteen equal
 * partitions), so callers ask for both. Invariants: more downtime never raises uptime nor lowers the credit.
 * Source of the tiers: the published monthly terms of the hosted service whose outages Cordon replays.
 */

/** The month the terms are reckoned on: 30 days, in minutes. */
export const billingMonthMinutes = 30 * 24 * 60;

/** Credit, as a share of the month's fee, for an uptime share below `below`; the gravest tier first. */
export const creditTiers = [
  { below: 0.95, credit: 1 },
  { below: 0.99, credit: 0.5 },
  { below: 0.999, credit: 0.25 },
] as const;

/** Share of the period that was up, 0..1. Both arguments in minutes (or both in user minutes); the period is above 0. */
export const uptimeShare = (downtimeMinutes: number, periodMinutes: number): number =>
  1 - Math.min(1, Math.max(0, downtimeMinutes / periodMinutes));

/** Share of the month's fee that is given back, 0..1. Uptime is read to nine digits, so that 43.2 minutes are 99.9 %. */
export function creditFor(uptime: number): number {
  const read = Math.round(uptime * 1e9) / 1e9;
  return creditTiers.find((tier) => read < tier.below)?.credit ?? 0;
}
