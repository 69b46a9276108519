/**
 * How the end of an exchange reads to those who learn from it: to the evidence, to the breaker, and to an isolation that
 * is probed. Push-back, and an instance that has not seen a revision yet, are signs of life. A refusal of the request
 * itself is an answer.
 */
import type { Instant } from "@cordon/model";
import type { CallOutcome, ProbeOutcome } from "@cordon/policy";
import type { BreakerOutcome } from "./breaker.ts";
import type { Reply } from "./exchange.ts";
import type { RoleInstance } from "./gate.ts";

export function evidenceOf(reply: Reply<unknown>): CallOutcome {
  switch (reply.kind) {
    case "answered":
    case "rejected":
      return "ok";
    case "busy":
    case "behind":
      return "busy";
    case "missed":
      return "miss";
    case "broken":
      return "broken";
    case "cancelled":
      return "cancelled";
  }
}

export function breakerOutcomeOf(outcome: CallOutcome): BreakerOutcome {
  switch (outcome) {
    case "ok":
      return "ok";
    case "miss":
    case "broken":
      return "miss";
    case "busy":
    case "cancelled":
      return "neutral";
  }
}

export function probeOutcomeOf(outcome: CallOutcome): ProbeOutcome {
  switch (outcome) {
    case "ok":
    case "busy":
      return "ok";
    case "miss":
    case "broken":
      return "failed";
    case "cancelled":
      return "neutral";
  }
}

/** Keeps an instance's word about its free hashing seats, if it gave one. */
export function noteFreeSeats(
  instance: RoleInstance,
  reply: { readonly freeSeats: number | undefined },
  now: Instant,
): void {
  if (reply.freeSeats === undefined) return;
  instance.freeSeats = reply.freeSeats;
  instance.freeSeatsSaidAt = now;
}
