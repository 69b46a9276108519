/**
 * The smallest result of a drill that is one, with one side that was held to one limit: what the tests of commands that
 * read results write into files.
 */
import type { Load, Pct, Result } from "@cordon/model";

const pct: Pct = { samples: 0, p50: null, p95: null, p99: null, max: null };
const percentiles = { samples: 0, p50Ms: null, p95Ms: null, p99Ms: null };
const load: Load = {
  scheduled: 0,
  ok: 0,
  degraded: 0,
  refused: 0,
  late: 0,
  unknown: 0,
  ...percentiles,
  steady: percentiles,
};

/** `ttdMs`: what was measured, against a limit of 1 s. */
export const resultWith = (ttdMs: number): Result => ({
  schema: "cordon.drill/1",
  cordon: { version: "0.1.0", commit: null },
  drill: "2014-06-directory-partition",
  variant: "partition",
  seed: "s1",
  profile: "quick",
  store: "lmdb",
  startedAt: "2026-11-20T09:00:00.000Z",
  host: { cpus: 2, node: "v26.10.0", platform: "linux-x64", busyShare: null, ownShare: null },
  config: {
    digest: "c0ffee00c0ffee00",
    partitions: 4,
    roleInstances: 2,
    users: 120,
    signInPerSecond: 32,
    mailPerSecond: 10,
    lateMs: 1_000,
    faultSeconds: 15,
  },
  sides: [
    {
      preset: "on",
      disabled: [],
      limits: [
        {
          id: "ttd",
          title: "time to detect",
          class: "mechanism",
          measured: ttdMs,
          op: "<=",
          limit: 1_000,
          unit: "ms",
          held: ttdMs <= 1_000,
        },
      ],
      events: [],
      fault: { injectedAtMs: 0, provenAtMs: 100, removedAtMs: 15_000, provenGoneAtMs: 15_100 },
      failedShare: 0.25,
      hurt: { outside: 0, inside: 0, overall: 0 },
      ttdMs,
      ttiMs: null,
      failoverMs: null,
      ttrMs: null,
      amplification: null,
      signIn: { outside: load, inside: load },
      mail: {
        ok: 0,
        refused: 0,
        unknown: 0,
        delivered: 0,
        queued: 0,
        quarantined: 0,
        bounced: 0,
        lost: 0,
        duplicated: 0,
        delayMs: { outside: pct, inside: pct },
      },
      sla: { transientSeconds: 0, sustainedShare: 0, worstTenant: 1, fleet: 1, creditWorstTenant: 0, creditFleet: 0 },
      noise: {
        referenceP999Ms: null,
        loopP999Ms: { auth: null, mail: null },
        generatorP999Ms: null,
        othersShare: null,
      },
    },
  ],
  baseline: "off",
  candidate: "on",
  control: { valid: false, broken: [] },
  verdict: "exploratory",
  reason: "one side",
  exitCode: ttdMs <= 1_000 ? 0 : 4,
});
