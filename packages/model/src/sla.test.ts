import * as fc from "fast-check";
import { expect, test } from "vitest";
import { billingMonthMinutes, creditFor, uptimeShare } from "./sla.ts";

test("nine hours in one month are 98.75 % for the tenant and half its fee", () => {
  const tenant = uptimeShare(9 * 60, billingMonthMinutes);
  expect([tenant, creditFor(tenant)]).toEqual([0.9875, 0.5]);
});

test("the fleet's average hides it: 99.84 % over eight partitions, and no credit at all over sixteen", () => {
  const eight = uptimeShare((9 * 60) / 8, billingMonthMinutes);
  const sixteen = uptimeShare((9 * 60) / 16, billingMonthMinutes);
  expect([eight.toFixed(4), creditFor(eight)]).toEqual(["0.9984", 0.25]);
  expect([sixteen.toFixed(4), creditFor(sixteen)]).toEqual(["0.9992", 0]);
});

test.each([
  [43.2, 0, 0.25],
  [432, 0.25, 0.5],
  [2160, 0.5, 1],
])("the tier at %d minutes is reached only below it", (minutes, at, beyond) => {
  expect(creditFor(uptimeShare(minutes, billingMonthMinutes))).toBe(at);
  expect(creditFor(uptimeShare(minutes + 0.01, billingMonthMinutes))).toBe(beyond);
});

test("more downtime never raises uptime nor lowers the credit, and uptime stays a share", () => {
  const minutes = fc.double({ min: 0, max: 100_000, noNaN: true });
  fc.assert(
    fc.property(minutes, minutes, (one, more) => {
      const before = uptimeShare(one, billingMonthMinutes);
      const after = uptimeShare(one + more, billingMonthMinutes);
      expect(after).toBeLessThanOrEqual(before);
      expect(after).toBeGreaterThanOrEqual(0);
      expect(creditFor(after)).toBeGreaterThanOrEqual(creditFor(before));
    }),
  );
});
