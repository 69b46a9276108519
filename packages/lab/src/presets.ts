/**
 * The presets: every number that differs between a side with protections and one without, in one file. `on` is Cordon as
 * it should run. `off` is what a sensible team ships before its first outage: each number is the documented default or
 * the common example of software in wide use, named beside it, and none was chosen to make it break. docs/limits explains
 * each id. Taking one protection away from `on` puts `off`'s numbers in its place and leaves the rest alone.
 */
import { availableParallelism } from "node:os";
import { protectionIds, type ProtectionId } from "@cordon/model";
import type { LabSettings } from "./plan.ts";

export const presetNames = ["on", "off", "opossum-untouched", "opossum-timeout-only"] as const;
export type PresetName = (typeof presetNames)[number];
export const isPresetName = (text: string): text is PresetName => (presetNames as readonly string[]).includes(text);

const hours = 3_600_000;

const on: LabSettings = {
  guard: {
    attemptTimeoutMs: { verify: 400, lookup: 300 },
    deadlineMs: { verify: 650, lookup: 650 },
    bulkhead: { kind: "per-partition", seats: 32, waiting: 64, waitMs: 300 },
    breaker: {
      consecutiveMisses: 4,
      windowMs: 2_000,
      errorShare: 0.5,
      volume: 8,
      openMs: 1_000,
      probes: 2,
      probeLeaseMs: 500,
    },
    retry: {
      attempts: 2,
      delay: { kind: "jittered", baseMs: 10, capMs: 50 },
      budget: { ratio: 0.1, reserve: 4 },
    },
    hedge: { floorMs: 20, share: 0.02, reserve: 2 },
    evidence: {
      canaryEveryMs: 250,
      canaryTimeoutMs: 300,
      overdueMs: { verify: 250, lookup: 250 },
      redMisses: 2,
      windowMs: 3_000,
      minSamples: 8,
      redShare: 0.15,
      yellowShare: 0.05,
      greenSuccesses: 3,
      slowFactor: 5,
      hostSlowShare: 0.6,
    },
    ejection: { maxShare: 0.5, baseMs: 5_000, maxMs: 60_000 },
    isolation: { probes: 2, probeEveryMs: 500, probeLeaseMs: 400, rejoinSuccesses: 3 },
  },
  lanes: {
    kind: "per-partition",
    slots: 8,
    maxQueued: 100_000,
    ramp: { startPerSecond: 50, doubleMs: 500 },
  },
  admission: { recipientCheckMs: 150 },
  fallback: { maxAgeMs: 72 * hours, feedFreshMs: 30_000, maxEntries: 100_000, tokenSeconds: 300, waiting: 64 },
  deferral: { firstMs: 1_000, factor: 2, maxMs: 900_000, jitter: 0.2, expireMs: 120 * hours },
  seats: { seats: availableParallelism(), leaseMs: 500, waiting: 64 },
  fence: { silentMs: 2_000, checkEveryMs: 250, onePerMs: 10_000 },
  failover: { redForMs: 5_000, onePerMs: 60_000 },
};

const off: LabSettings = {
  guard: {
    // opossum's documented default `timeout`: 10 s. Postfix's ldap_table(5) default is the same.
    attemptTimeoutMs: { verify: 10_000, lookup: 10_000 },
    deadlineMs: "off",
    // Zimbra's pool of directory connections, one for the whole process (ldap_connect_pool_maxsize 50).
    bulkhead: { kind: "shared", connections: 50 },
    breaker: "off",
    // axios-retry retries three times; half a second between tries is resilience4j's default waitDuration.
    retry: { attempts: 3, delay: { kind: "fixed", ms: 500 }, budget: "off" },
    hedge: "off",
    // Nothing reads the evidence when both ejection and isolation are off; the numbers stand for the ablation.
    evidence: on.guard.evidence,
    ejection: "off",
    isolation: "off",
  },
  // maddy's target.queue delivers up to 16 messages at once (max_parallelism).
  lanes: { kind: "shared", slots: 16, maxQueued: 100_000 },
  admission: "off",
  fallback: "off",
  // Postfix: minimal_backoff_time 300 s, maximal_backoff_time 4000 s, maximal_queue_lifetime 5 days.
  deferral: { firstMs: 300_000, factor: 2, maxMs: 4_000_000, jitter: 0, expireMs: 120 * hours },
  seats: on.seats,
  fence: "off",
  failover: "off",
};

/** opossum as its README starts one: every option at its default, around the calls of `off`. */
const opossumUntouched: LabSettings = {
  ...off,
  guard: {
    ...off.guard,
    // opossum's defaults: 10 s window, 50 % errors, 30 s until half-open, one probe, no volume threshold.
    breaker: {
      consecutiveMisses: 1_000_000,
      windowMs: 10_000,
      errorShare: 0.5,
      volume: 1,
      openMs: 30_000,
      probes: 1,
      probeLeaseMs: 10_000,
    },
  },
};

/** The one change most people make: a short time-out, the rest left as it was. */
const opossumTimeoutOnly: LabSettings = {
  ...opossumUntouched,
  guard: { ...opossumUntouched.guard, attemptTimeoutMs: { verify: 300, lookup: 300 } },
};

/** What each protection's absence puts in its place. */
const takenAway: Readonly<Record<ProtectionId, (from: LabSettings) => LabSettings>> = {
  deadline: (from) => ({
    ...from,
    guard: { ...from.guard, deadlineMs: "off", attemptTimeoutMs: off.guard.attemptTimeoutMs },
  }),
  bulkhead: (from) => ({ ...from, guard: { ...from.guard, bulkhead: off.guard.bulkhead } }),
  breaker: (from) => ({ ...from, guard: { ...from.guard, breaker: "off" } }),
  "retry-budget": (from) => ({ ...from, guard: { ...from.guard, retry: off.guard.retry } }),
  hedge: (from) => ({ ...from, guard: { ...from.guard, hedge: "off" } }),
  ejection: (from) => ({ ...from, guard: { ...from.guard, ejection: "off" } }),
  isolation: (from) => ({ ...from, guard: { ...from.guard, isolation: "off" } }),
  failover: (from) => ({ ...from, failover: "off" }),
  fence: (from) => ({ ...from, fence: "off" }),
  fallback: (from) => ({ ...from, fallback: "off" }),
  admission: (from) => ({ ...from, admission: "off" }),
  lanes: (from) => ({ ...from, lanes: off.lanes }),
  ramp: (from) => (from.lanes.kind === "per-partition" ? { ...from, lanes: { ...from.lanes, ramp: "off" } } : from),
};

const presets: Readonly<Record<PresetName, LabSettings>> = {
  on,
  off,
  "opossum-untouched": opossumUntouched,
  "opossum-timeout-only": opossumTimeoutOnly,
};

/** The settings of a side: a preset, less the protections named. */
export const settingsOf = (preset: PresetName, disabled: readonly ProtectionId[]): LabSettings =>
  disabled.reduce((settings, id) => takenAway[id](settings), presets[preset]);

/** The protections a side goes without, as `result.json` lists them. */
export const disabledIn = (preset: PresetName, disabled: readonly ProtectionId[]): readonly string[] => {
  switch (preset) {
    case "on":
      return disabled;
    case "off":
      return protectionIds;
    case "opossum-untouched":
    case "opossum-timeout-only":
      return protectionIds.filter((id) => id !== "breaker" || disabled.includes("breaker"));
  }
};
