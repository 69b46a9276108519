/**
 * What one scheduled attempt meant for the user who made it. The clock of an attempt starts when it was scheduled, never
 * when it was sent: a generator that stalls, or a server that keeps the connection, must not make its own victims vanish
 * (coordinated omission). A degraded sign-in is served. Invariant: an attempt ends in exactly one bucket.
 */
import type { Instant, MailRecord, SignInRecord } from "@cordon/model";
import type { Records } from "./records.ts";
import { isOutside, type DrillSpec } from "./spec.ts";

/** `late`: answered after `lateMs`, or never sent. `unknown`: sent, and no answer came. */
export type AttemptEnd = "ok" | "degraded" | "refused" | "late" | "unknown";

/** One scheduled attempt, sign-in or mail, as hurt, times and service level see it. */
export interface Attempt {
  readonly service: "sign-in" | "mail";
  /** When it was scheduled. */
  readonly at: Instant;
  readonly user: string;
  readonly outside: boolean;
  /** Refused, late, unsent or left without an answer. */
  readonly hurt: boolean;
}

/** The bucket of one attempt. */
export function attemptEnd(record: SignInRecord | MailRecord, lateMs: number): AttemptEnd {
  switch (record.outcome) {
    case "ok":
    case "degraded":
      return record.endedAt === null || record.endedAt - record.scheduledAt > lateMs ? "late" : record.outcome;
    case "refused":
    case "unknown":
      return record.outcome;
    case "unsent":
      return "late";
  }
}

const isHurt = (end: AttemptEnd): boolean => end !== "ok" && end !== "degraded";

/** Every scheduled attempt in order of its scheduled time. */
export function attemptsOf(records: Records, spec: DrillSpec): readonly Attempt[] {
  const attempt = (record: SignInRecord | MailRecord): Attempt => ({
    service: record.type,
    at: record.scheduledAt,
    user: record.user,
    outside: isOutside(spec, record.user),
    hurt: isHurt(attemptEnd(record, spec.lateMs)),
  });
  return [...records.signIns.map(attempt), ...records.mails.map(attempt)].toSorted((a, b) => a.at - b.at);
}
