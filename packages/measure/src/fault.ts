/**
 * What became of the fault: ordered, proven to bite, taken away, proven gone. A proof counts only where it belongs, that
 * is between the injection and the removal, or after the removal. A fault whose lease ran out by itself was not there
 * for as long as the drill says; a drill with no proof on either end shows nothing about the parts it drilled.
 */
import type { Event, FaultRecord, Instant } from "@cordon/model";

export interface FaultSteps {
  readonly injectedAt: Instant | null;
  readonly provenAt: Instant | null;
  readonly removedAt: Instant | null;
  readonly provenGoneAt: Instant | null;
}

/** The steps of a fault, from its records in order of time. A fault in several places is gone when its last part is. */
export function faultSteps(faults: readonly FaultRecord[]): FaultSteps {
  const at = (step: FaultRecord["step"], from: Instant, until: Instant): Instant | null =>
    faults.find((record) => record.step === step && record.at >= from && record.at <= until)?.at ?? null;
  const injectedAt = at("injected", -Infinity, Infinity);
  const removedAt =
    faults.findLast((record) => record.step === "removed" && record.at >= (injectedAt ?? Infinity))?.at ?? null;
  return {
    injectedAt,
    provenAt: injectedAt === null ? null : at("proven", injectedAt, removedAt ?? Infinity),
    removedAt,
    provenGoneAt: removedAt === null ? null : at("proven-gone", removedAt, Infinity),
  };
}

/** Whether a lease ran out between injection and removal: the fault healed itself while it was said to be on. */
export const healedItself = (events: readonly Event[], fault: FaultSteps): boolean =>
  events.some(
    (event) =>
      event.kind === "lease-expired" &&
      event.at >= (fault.injectedAt ?? Infinity) &&
      event.at < (fault.removedAt ?? Infinity),
  );
