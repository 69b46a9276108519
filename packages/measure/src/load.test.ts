import type { SignInRecord } from "@cordon/model";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { loadOf } from "./load.ts";

const signIn = (id: number, outcome: SignInRecord["outcome"], tookMs: number | null): SignInRecord => ({
  type: "sign-in",
  id,
  user: "u",
  partition: "p1",
  scheduledAt: id,
  sentAt: outcome === "unsent" ? null : id + 5,
  endedAt: tookMs === null ? null : id + tookMs,
  outcome,
  code: "",
});
const judged = { from: 0, to: 5_000 };
const steady = { from: -1_000, to: 0 };

test("each scheduled sign-in is in one bucket, and the clock of each starts when it was scheduled", () => {
  const list = [
    signIn(1, "ok", 40),
    signIn(2, "ok", 1_001),
    signIn(3, "degraded", 60),
    signIn(4, "degraded", 2_000),
    signIn(5, "refused", 3),
    signIn(6, "unknown", 3_000),
    signIn(7, "unsent", null),
    signIn(-10, "ok", 25),
  ];
  expect(loadOf(list, judged, steady, 1_000)).toEqual({
    scheduled: 7,
    ok: 1,
    degraded: 1,
    refused: 1,
    late: 3,
    unknown: 1,
    samples: 6,
    p50Ms: 1_001,
    p95Ms: null,
    p99Ms: null,
    steady: { samples: 1, p50Ms: 25, p95Ms: null, p99Ms: null },
  });
});

test("a sign-in that was never answered has waited until the end, and is not left out", () => {
  const { samples, p50Ms } = loadOf([signIn(100, "unknown", null)], judged, steady, 1_000);
  expect([samples, p50Ms]).toEqual([1, 4_900]);
});

test("the buckets add up to what was scheduled, whatever happened", () => {
  const outcome = fc.constantFrom("ok", "degraded", "refused", "unknown", "unsent");
  const took = fc.option(fc.integer({ min: 0, max: 4_000 }), { nil: null });
  fc.assert(
    fc.property(fc.array(fc.tuple(outcome, took), { maxLength: 50 }), (list) => {
      const records = list.map(([end, tookMs], id) => signIn(id, end, tookMs));
      const load = loadOf(records, judged, steady, 1_000);
      expect(load.ok + load.degraded + load.refused + load.late + load.unknown).toBe(load.scheduled);
      expect(load.scheduled).toBe(list.length);
    }),
  );
});
