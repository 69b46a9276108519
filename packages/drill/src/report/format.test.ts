import { expect, test } from "vitest";
import { delays, share, uptime } from "./format.ts";

test("what is less than all, or more than nothing, never reads as all or nothing", () => {
  expect([1, 0.9999999, 0.99999, 0.9875, 0].map(uptime)).toEqual([
    "100.000 %",
    "99.999 %",
    "99.999 %",
    "98.750 %",
    "0.000 %",
  ]);
  expect([1, 0.9999, 0.0001, 0, null].map(share)).toEqual(["100.0 %", "> 99.9 %", "< 0.1 %", "0.0 %", "-"]);
});

test("a delay of too few mails for a p95 is told by what there is, and by how many", () => {
  const few = { samples: 57, p50: 3_240, p95: null, p99: null, max: 7_960 };
  expect(delays(few)).toBe("p50 3.2 s, max 8.0 s of 57");
  expect(delays({ ...few, samples: 1_200, p95: 850 })).toBe("p95 0.8 s");
  expect(delays({ samples: 0, p50: null, p95: null, p99: null, max: null })).toBe("-");
});
