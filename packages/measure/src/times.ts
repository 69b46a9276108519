/**
 * The four times of a side, on the fault clock: how soon the culprit was named (TTD), how soon the others were safe
 * (TTI), how soon the failed partition's users were served again in spite of the fault (failover), and how soon all was
 * well after it (TTR). They rest on clients' attempts and on mail in mailboxes; events only say what the system did. A
 * time that never came is null. One bad second too late moves a time, for "again" means "and it stayed so".
 */
import type { Event, Instant, Side } from "@cordon/model";
import { attemptEnd, type Attempt } from "./attempt.ts";
import { delayOf, type Delivery } from "./deliveries.ts";
import { firstNaming } from "./detection.ts";
import type { Records } from "./records.ts";
import { isOutside, type DrillSpec } from "./spec.ts";
import { firstGoodWindow, withinFrom, type Point } from "./sustained.ts";
import type { FaultSteps } from "./fault.ts";
import type { Window, Windows } from "./window.ts";

export type Times = Pick<Side, "ttdMs" | "ttiMs" | "failoverMs" | "ttrMs">;

/** What the times are read from. */
export interface Seen {
  readonly records: Records;
  readonly attempts: readonly Attempt[];
  readonly deliveries: readonly Delivery[];
  readonly fault: FaultSteps;
  readonly windows: Windows;
}

/** All four, in milliseconds since the injection; `ttrMs` since the removal of the fault, or since failover if sooner. */
export function timesOf(seen: Seen, spec: DrillSpec): Times {
  const { zero } = seen.windows;
  const since = (from: Instant, at: Instant | null): number | null => (at === null ? null : at - from);
  const servedAt = servedAgainAt(seen, spec);
  const from = earlier(servedAt, seen.fault.removedAt);
  return {
    ttdMs: since(zero, firstNaming(seen.records.events, spec.detector, zero)),
    ttiMs: since(zero, isolatedAt(seen, spec)),
    failoverMs: since(zero, servedAt),
    ttrMs: from === null ? null : since(from, recoveredAt(seen, spec, from)),
  };
}

const earlier = (one: Instant | null, other: Instant | null): Instant | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** The latest of several moments that must all have come. */
const latest = (moments: readonly (Instant | null)[]): Instant | null =>
  moments.reduce((last, at) => (last === null || at === null ? null : Math.max(last, at)));

/** TTI's moment: the others within their limits until the fault ends, and every isolation the drill expects announced. */
function isolatedAt({ records, attempts, deliveries, windows }: Seen, spec: DrillSpec): Instant | null {
  const others = attempts.filter((attempt) => attempt.outside);
  const mails = deliveries.filter((delivery) => delivery.outside);
  return latest([
    unhurtFrom(others, windows.fault, spec),
    withinFrom(
      mails.map((mail) => ({ at: mail.scheduledAt, bad: delayOf(mail, windows.judged.to) > spec.delayedMs })),
      windows.fault,
      spec.sustained.windowMs,
      spec.sustained.delayedShare,
    ),
    ...spec.isolationKinds.map((kind) =>
      firstNaming(records.events, { ...spec.detector, kinds: [kind] }, windows.zero),
    ),
  ]);
}

/**
 * Failover's moment: the first window of the failed partition's sign-ins that are all ok, in time and not degraded, with
 * the fault still on. A failover must also have been started by then: without new role instances nobody can truly be
 * served from a partition that does not answer, and an `ok` that says so is a degraded answer under another name.
 */
function servedAgainAt({ records, windows }: Seen, spec: DrillSpec): Instant | null {
  const startedAt = records.events.find((event) => isFailoverOf(event, spec) && event.at >= windows.zero)?.at;
  if (startedAt === undefined) return null;
  const inside: Point[] = records.signIns
    .filter((record) => !isOutside(spec, record.user))
    .map((record) => ({ at: record.scheduledAt, bad: attemptEnd(record, spec.lateMs) !== "ok" }));
  const span = { from: startedAt, to: windows.fault.to };
  return firstGoodWindow(inside, span, spec.sustained.windowMs, spec.sustained.minSignIns);
}

const isFailoverOf = (event: Event, spec: DrillSpec): boolean =>
  event.kind === "failover-started" && event.partition === spec.failedPartition;

/** TTR's moment: everybody within limits from then on to the end, and no accepted mail overdue any more. */
function recoveredAt({ attempts, deliveries, windows }: Seen, spec: DrillSpec, from: Instant): Instant | null {
  const span = { from, to: windows.judged.to };
  return latest([
    unhurtFrom(
      attempts.filter((attempt) => attempt.outside),
      span,
      spec,
    ),
    unhurtFrom(
      attempts.filter((attempt) => !attempt.outside),
      span,
      spec,
    ),
    drainedAt(deliveries, windows, spec, from),
  ]);
}

const unhurtFrom = (attempts: readonly Attempt[], span: Window, spec: DrillSpec): Instant | null =>
  withinFrom(
    attempts.map(({ at, hurt }) => ({ at, bad: hurt })),
    span,
    spec.sustained.windowMs,
    spec.sustained.hurtShare,
  );

/** When the last overdue mail was settled; null while one is overdue still at the end, and when it is lost. */
export function drainedAt(
  deliveries: readonly Delivery[],
  windows: Windows,
  spec: DrillSpec,
  from: Instant,
): Instant | null {
  const end = windows.judged.to;
  const overdue = deliveries.filter(
    ({ scheduledAt, settledAt }) => scheduledAt < end && (settledAt ?? end) - scheduledAt > spec.delayedMs,
  );
  return latest([from, ...overdue.map((delivery) => delivery.settledAt)]);
}
