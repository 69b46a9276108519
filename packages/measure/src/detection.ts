/**
 * Whether and when the system named the culprit by itself. An event counts once the fault is in and only when it names
 * the right partition (and role instance, where the drill asks for one): an alarm that cries everywhere, or that was
 * ringing before anything broke, is no detection. An alarm still ringing when the fault begins is a head start, and
 * makes the side's steady state a false one.
 */
import type { Event, EventKind, Instant } from "@cordon/model";
import type { DetectorSpec } from "./spec.ts";
import type { Windows } from "./window.ts";

/** What takes a naming back, for namings during the warm-up, when processes are still starting. */
const withdrawnBy: Partial<Record<EventKind, EventKind>> = {
  "instance-red": "instance-green",
  "instance-ejected": "instance-readmitted",
  "partition-red": "partition-green",
  "partition-isolated": "partition-rejoined",
  "breaker-opened": "breaker-closed",
  "lane-isolated": "lane-flowing",
};

const about = (event: Event, detector: DetectorSpec): boolean =>
  event.partition === detector.partition && (detector.instance === undefined || event.instance === detector.instance);

const names = (event: Event, detector: DetectorSpec): boolean =>
  detector.kinds.includes(event.kind) && about(event, detector);

/** The first event that names the culprit at or after `from`; null when none ever did. Events in order of time. */
export const firstNaming = (events: readonly Event[], detector: DetectorSpec, from: Instant): Instant | null =>
  events.find((event) => event.at >= from && names(event, detector))?.at ?? null;

/**
 * The naming that stood before the injection, or undefined. Any naming in the steady state is one; a naming of the
 * warm-up is one unless the same source took it back before the steady state began.
 */
export const headStart = (events: readonly Event[], detector: DetectorSpec, windows: Windows): Event | undefined =>
  events.find(
    (naming) =>
      naming.at < windows.zero &&
      names(naming, detector) &&
      (naming.at >= windows.steady.from || !isWithdrawn(naming, events, windows.steady.from)),
  );

const isWithdrawn = (naming: Event, events: readonly Event[], before: Instant): boolean =>
  events.some(
    (event) =>
      event.kind === withdrawnBy[naming.kind] &&
      event.at >= naming.at &&
      event.at < before &&
      event.source === naming.source &&
      event.partition === naming.partition &&
      event.instance === naming.instance &&
      event.operation === naming.operation,
  );
