/** The arithmetic of service levels, held to the documented figures. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { billingMonthMinutes, creditFor, creditTiers, uptimeShare } from "./sla.ts";

const nineHours = 9 * 60;
/** Minutes of downtime that a promised uptime share allows in so many days. */
const allowedMinutes = (promised: number, days: number): number => (1 - promised) * days * 24 * 60;
/** A month in which one of `of` equal partitions was down; one partition is the tenant that lives in it. */
const monthOf = (downtimeMinutes: number, of: number): { uptime: number; credit: number } => {
  const uptime = uptimeShare(downtimeMinutes, billingMonthMinutes * of);
  return { uptime, credit: creditFor(uptime) };
};
const told = (minutes: number, of: number): unknown => {
  const { uptime, credit } = monthOf(minutes, of);
  return [(uptime * 100).toFixed(2), credit];
};

test("nine hours are 98.75 % and half the fee for the tenant, and all but disappear in the fleet", () => {
  expect(told(nineHours, 1)).toEqual(["98.75", 0.5]);
  expect(told(nineHours, 8)).toEqual(["99.84", 0.25]);
  expect(told(nineHours, 16)).toEqual(["99.92", 0]);
});

test("the tiers of a month are reached past 43.2, 432 and 2,160 minutes, and not at them", () => {
  const reached = creditTiers.map(({ below }) => Number(allowedMinutes(below, 30).toFixed(6)));
  expect(reached).toEqual([2160, 432, 43.2]);
  const credits = [43.2, 43.21, 432, 432.01, 2160, 2160.01].map((minutes) => monthOf(minutes, 1).credit);
  expect(credits).toEqual([0, 0.25, 0.25, 0.5, 0.5, 1]);
});

test("99.9 % allows 2 h 11 min a quarter of 91 days; it is the year that it allows 8 h 46 min", () => {
  expect(Math.round(allowedMinutes(0.999, 91))).toBe(2 * 60 + 11);
  expect(Math.round(allowedMinutes(0.999, 365))).toBe(8 * 60 + 46);
});

test("more downtime never pays, uptime stays a share, and the fleet is never worse off than its worst tenant", () => {
  const minutes = fc.double({ min: 0, max: 100_000, noNaN: true });
  fc.assert(
    fc.property(minutes, minutes, fc.integer({ min: 1, max: 64 }), (one, more, of) => {
      const tenant = monthOf(one, 1);
      const longer = monthOf(one + more, 1);
      const fleet = monthOf(one, of);
      expect(longer.uptime).toBeLessThanOrEqual(tenant.uptime);
      expect(longer.uptime).toBeGreaterThanOrEqual(0);
      expect(longer.credit).toBeGreaterThanOrEqual(tenant.credit);
      expect(fleet.uptime).toBeGreaterThanOrEqual(tenant.uptime);
      expect(fleet.credit).toBeLessThanOrEqual(tenant.credit);
    }),
  );
});
