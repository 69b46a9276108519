/**
 * What SMTP's door says to one recipient. In June 2014 the door's fate was the partition's: a recipient that could not
 * be looked up could not be written to. Here only a definite answer refuses; no answer is an acceptance, and the
 * look-up is made behind the spool.
 * Invariants: a silent partition never makes a 5xx, nor any refusal by itself; temporary and permanent refusals never
 * share a shape; an unknown recipient is told so even when its lane is full.
 */
import type { LookupAnswer } from "@cordon/model";

/** How the look at the recipient ended. `not-asked`: the protection is off, or nothing was to be asked. */
export type RecipientSign = LookupAnswer["kind"] | "unavailable" | "not-asked";

export interface LaneFill {
  readonly queued: number;
  readonly maxQueued: number;
}

export type AdmissionDecision =
  /** `known`: the recipient was seen to exist. Else the look-up behind the spool decides. */
  | { readonly kind: "accept"; readonly known: boolean }
  | { readonly kind: "refuse"; readonly code: 550; readonly enhanced: "5.1.1" | "5.2.1"; readonly text: string }
  | { readonly kind: "defer"; readonly code: 451; readonly enhanced: "4.3.2"; readonly text: string };

/** The answer to one RCPT, from the look-up (or its absence) and the fill of the recipient's lane. */
export function admitRecipient(sign: RecipientSign, lane: LaneFill): AdmissionDecision {
  switch (sign) {
    case "unknown":
      return { kind: "refuse", code: 550, enhanced: "5.1.1", text: "No such recipient here" };
    case "disabled":
      return { kind: "refuse", code: 550, enhanced: "5.2.1", text: "This mailbox is disabled" };
    case "mailbox":
    case "alias":
    case "group":
      return acceptUnlessFull(true, lane);
    case "unavailable":
    case "not-asked":
      return acceptUnlessFull(false, lane);
  }
}

const acceptUnlessFull = (known: boolean, lane: LaneFill): AdmissionDecision =>
  lane.queued < lane.maxQueued
    ? { kind: "accept", known }
    : { kind: "defer", code: 451, enhanced: "4.3.2", text: "Too much mail is waiting for this recipient, try later" };
