/** Whether a kept credential may vouch. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { mayVouch, type FallbackQuestion } from "./fallback.ts";

const hourMs = 3_600_000;
const settings = { maxAgeMs: 72 * hourMs, feedFreshMs: 30_000 };
const wall = 1_800_000_000_000;
const now = 5_000_000;
const good: FallbackQuestion = {
  verdict: "unavailable",
  credential: { lastSuccessAt: wall - 9 * hourMs, credentialEpoch: 4 },
  revokedEpoch: 4,
  feedHeardAt: now - 1000,
};
const ask = (changes: Partial<FallbackQuestion>) => mayVouch(settings, { ...good, ...changes }, now, wall);

test("nine hours into an outage a credential of today still vouches", () => {
  expect(ask({})).toEqual({ kind: "may-vouch" });
});

test.each(["mismatch", "unknown", "disabled", "verified"] as const)(
  "a partition that answered %s is not overruled",
  (verdict) => {
    expect(ask({ verdict })).toEqual({ kind: "may-not", reason: "answered" });
  },
);

test("a newer line of the revocation log ends it", () => {
  expect(ask({ revokedEpoch: 5 })).toEqual({ kind: "may-not", reason: "revoked" });
});

test("nothing kept, kept too long, or kept from a future that is not: no", () => {
  const kept = (ageMs: number) => ({ credential: { lastSuccessAt: wall - ageMs, credentialEpoch: 4 } });
  expect(ask({ credential: undefined })).toEqual({ kind: "may-not", reason: "not-kept" });
  expect(ask(kept(72 * hourMs))).toEqual({ kind: "may-vouch" });
  expect(ask(kept(72 * hourMs + 1))).toEqual({ kind: "may-not", reason: "too-old" });
  expect(ask(kept(-1))).toEqual({ kind: "may-not", reason: "clock-went-back" });
});

test("a feed not heard of lately, or never, ends it: a user disabled meanwhile would be in it", () => {
  expect(ask({ feedHeardAt: now - 30_001 })).toEqual({ kind: "may-not", reason: "feed-stale" });
  expect(ask({ feedHeardAt: undefined })).toEqual({ kind: "may-not", reason: "feed-stale" });
});

test("who may not vouch does not come to it by growing older, by a revocation, or by an older feed", () => {
  const question = fc.record({
    verdict: fc.constantFrom("unavailable" as const, "mismatch" as const),
    credential: fc.option(
      fc.record({
        lastSuccessAt: fc.integer({ min: wall - 80 * hourMs, max: wall }),
        credentialEpoch: fc.nat({ max: 5 }),
      }),
      { nil: undefined },
    ),
    revokedEpoch: fc.nat({ max: 5 }),
    feedHeardAt: fc.option(fc.integer({ min: now - 60_000, max: now }), { nil: undefined }),
  });
  fc.assert(
    fc.property(question, fc.nat({ max: 80 * hourMs }), fc.nat({ max: 3 }), (one, laterMs, moreEpochs) => {
      if (mayVouch(settings, one, now, wall).kind === "may-vouch") return;
      const worse = { ...one, revokedEpoch: one.revokedEpoch + moreEpochs };
      expect(mayVouch(settings, worse, now + laterMs, wall + laterMs).kind).toBe("may-not");
    }),
  );
});
