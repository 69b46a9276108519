/** The arithmetic of service levels, held to the documented figures. */
import { creditFor, creditTiers } from "@cordon/model";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { allowedDowntimeMinutes, monthOf, tierReachedMinutes } from "./sla.ts";

const nineHours = 9 * 60;
const percent = (share: number): string => (share * 100).toFixed(2);

test("nine hours are 98.75 % and half the fee for the tenant, and all but disappear in the fleet", () => {
  const { worstTenant, fleet } = monthOf(nineHours, 8);
  expect([percent(worstTenant.uptime), worstTenant.credit]).toEqual(["98.75", 0.5]);
  expect([percent(fleet.uptime), fleet.credit]).toEqual(["99.84", 0.25]);
  const sixteen = monthOf(nineHours, 16).fleet;
  expect([percent(sixteen.uptime), sixteen.credit]).toEqual(["99.92", 0]);
});

test("the tiers of a month are reached at 43.2, 432 and 2,160 minutes", () => {
  expect(creditTiers.map((tier) => Number(tierReachedMinutes(tier.below).toFixed(6)))).toEqual([2160, 432, 43.2]);
  const creditAt = (minutes: number) => monthOf(minutes, 1).worstTenant.credit;
  expect([43.2, 43.3, 432, 432.1, 2160, 2160.1].map(creditAt)).toEqual([0, 0.25, 0.25, 0.5, 0.5, 1]);
});

test("99.9 % allows 2 h 11 min a quarter of 91 days; it is the year that it allows 8 h 46 min", () => {
  expect(Math.round(allowedDowntimeMinutes(0.999, 91))).toBe(2 * 60 + 11);
  expect(Math.round(allowedDowntimeMinutes(0.999, 365))).toBe(8 * 60 + 46);
});

test("the fleet is never worse off than its worst tenant, and more downtime never pays", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 50_000 }),
      fc.nat({ max: 5000 }),
      fc.integer({ min: 1, max: 64 }),
      (minutes, more, of) => {
        const { worstTenant, fleet } = monthOf(minutes, of);
        expect(fleet.uptime).toBeGreaterThanOrEqual(worstTenant.uptime);
        expect(fleet.credit).toBeLessThanOrEqual(worstTenant.credit);
        const longer = monthOf(minutes + more, of);
        expect(longer.worstTenant.credit).toBeGreaterThanOrEqual(worstTenant.credit);
        expect(longer.fleet.uptime).toBeLessThanOrEqual(fleet.uptime);
        expect(creditFor(worstTenant.uptime)).toBe(worstTenant.credit);
      },
    ),
  );
});
