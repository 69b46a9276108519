/**
 * What happened to the scheduled sign-ins of one group of users, and how long they took. The five buckets add up to
 * `scheduled`. A latency counts from the scheduled time; a sign-in that was never answered enters with the time it has
 * been waiting by the end of the window, which is too little and never nothing. Refusals have a bucket and no latency:
 * a quick no must not make a service look fast.
 */
import type { Load, SignInRecord } from "@cordon/model";
import { attemptEnd, type AttemptEnd } from "./attempt.ts";
import { percentiles } from "./percentile.ts";
import { within, type Window } from "./window.ts";

/** The load of the sign-ins scheduled in `judged`, with the latencies of those in `steady` beside it. */
export function loadOf(signIns: readonly SignInRecord[], judged: Window, steady: Window, lateMs: number): Load {
  const inJudged = signIns.filter((record) => within(judged, record.scheduledAt));
  const counts: Record<AttemptEnd, number> = { ok: 0, degraded: 0, refused: 0, late: 0, unknown: 0 };
  for (const record of inJudged) counts[attemptEnd(record, lateMs)] += 1;
  const inSteady = signIns.filter((record) => within(steady, record.scheduledAt));
  return {
    scheduled: inJudged.length,
    ...counts,
    ...latencies(inJudged, judged),
    steady: latencies(inSteady, judged),
  };
}

/** Latencies of those served or left waiting. */
function latencies(signIns: readonly SignInRecord[], judged: Window): Load["steady"] {
  const waited = signIns
    .filter((record) => record.outcome !== "refused")
    .map((record) => Math.max(0, (record.endedAt ?? judged.to) - record.scheduledAt));
  const { samples, p50, p95, p99 } = percentiles(waited);
  return { samples, p50Ms: p50, p95Ms: p95, p99Ms: p99 };
}
