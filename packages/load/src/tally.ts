/**
 * What became of the attempts of a load, counted as they end. A latency is counted from the time an attempt was due, and
 * one that waited in vain, or never left, counts with as long as a client waits: too little, and never nothing. A quick
 * no has no latency, so that refusing does not look fast. What the end of the run cut off is told apart and judged by
 * nobody.
 * Invariant: served + failed + unfinished = the attempts told.
 */
import { percentiles } from "@cordon/measure";
import type { Pct } from "@cordon/model";
import type { Attempted } from "./pace.ts";
import { notAnAnswer } from "./sign-in.ts";

export interface LoadFigures {
  readonly sent: number;
  /** Of those sent, the ones that got an answer, whatever it says. */
  readonly answered: number;
  /** Signed in, degraded or not, or accepted with a 250. */
  readonly served: number;
  readonly degraded: number;
  /** Refused, left without an answer, or never sent. */
  readonly failed: number;
  /** Fell due and never left: too many were under way. */
  readonly unsent: number;
  /** Under way when the run ended. */
  readonly unfinished: number;
  /** How many ended with each status or, without an answer, with each of the client's own words. */
  readonly ends: Readonly<Record<string, number>>;
  /** Of those that were served or waited in vain, milliseconds. */
  readonly latency: Pct;
}

export interface Tally {
  add(attempted: Attempted<unknown>): void;
  figures(): LoadFigures;
}

/** The client's words for a wait that came to its end. */
const waitedInVain = new Set(["timeout", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

/** `patienceMs`: how long a client waits. */
export function createTally(patienceMs: number): Tally {
  const counts = { sent: 0, answered: 0, served: 0, degraded: 0, failed: 0, unsent: 0, unfinished: 0 };
  const ends = new Map<string, number>();
  const waits: number[] = [];
  return {
    add({ scheduledAt, sentAt, endedAt, outcome, code }) {
      if (sentAt !== null) counts.sent += 1;
      if (code === "run-ended") return void (counts.unfinished += 1);
      const isServed = outcome === "ok" || outcome === "degraded";
      if (isServed) counts.served += 1;
      else counts.failed += 1;
      if (outcome === "degraded") counts.degraded += 1;
      if (outcome === "unsent") counts.unsent += 1;
      if (isAnswer(code)) counts.answered += 1;
      ends.set(code, (ends.get(code) ?? 0) + 1);
      if (isServed && endedAt !== null) waits.push(endedAt - scheduledAt);
      else if (sentAt === null) waits.push(patienceMs);
      else if (waitedInVain.has(code)) waits.push(sentAt - scheduledAt + patienceMs);
    },
    figures: () => ({ ...counts, ends: Object.fromEntries(ends), latency: percentiles(waits) }),
  };
}

const isAnswer = (code: string): boolean => /^\d{3}$/.test(code) || code === notAnAnswer;
