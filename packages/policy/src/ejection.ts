/**
 * Which role instances of ONE partition are kept out of ONE operation, each judged against its siblings. It is the
 * answer to the gray instance of November 2012, which failed a third of what it was given while its siblings were well.
 * It is a relative judgement: when as many are bad as may not be out together, or all are, the trouble is not one
 * instance's, nobody is ejected (the panic rule), and the partition as a whole is isolation's matter.
 * Invariants: never more than floor(maxShare * n) out; nobody out while every sibling is as bad; every ejection ends,
 * at most `maxMs` after it began, with a readmission and no judgement in the same step. Whoever has served its time
 * starts with a clean sheet: the shell forgives its evidence. Whoever is back by panic keeps its red, for isolation.
 */
import type { Colour, EjectionSettings, InstanceId, Instant } from "@cordon/model";

/** `ejections` counts those that came soon after one another: the next lasts that many times longer. */
export type Standing =
  | { readonly state: "in"; readonly since: Instant; readonly ejections: number }
  | { readonly state: "out"; readonly since: Instant; readonly until: Instant; readonly ejections: number };

/** Only instances that were ever out are in it. */
export type Ejections = ReadonlyMap<InstanceId, Standing>;

export interface EjectionStep {
  readonly ejections: Ejections;
  readonly ejected: readonly InstanceId[];
  readonly readmitted: readonly InstanceId[];
  /** The panic rule holds: whoever is readmitted is so for want of better, and not because its time was served. */
  readonly panic: boolean;
}

export const noEjections: Ejections = new Map();

export const isEjected = (ejections: Ejections, instance: InstanceId): boolean =>
  ejections.get(instance)?.state === "out";

/** One judgement: `colours` has every role instance of the partition; one that is missing is gone and forgotten. */
export function stepEjection(
  ejections: Ejections,
  settings: EjectionSettings,
  colours: ReadonlyMap<InstanceId, Colour>,
  now: Instant,
): EjectionStep {
  const isBad = (instance: InstanceId) => colours.get(instance) === "red";
  const wouldBeOut = [...colours.keys()].filter((instance) => {
    const standing = ejections.get(instance);
    return standing?.state === "out" && standing.until > now ? true : isBad(instance);
  });
  const panic = wouldBeOut.length > Math.floor(settings.maxShare * colours.size) || wouldBeOut.length === colours.size;

  const next = new Map<InstanceId, Standing>();
  const ejected: InstanceId[] = [];
  const readmitted: InstanceId[] = [];
  for (const instance of colours.keys()) {
    const standing = ejections.get(instance);
    if (standing?.state === "out") {
      const isOver = panic || standing.until <= now;
      next.set(instance, isOver ? { state: "in", since: now, ejections: standing.ejections } : standing);
      if (isOver) readmitted.push(instance);
    } else if (isBad(instance) && !panic) {
      next.set(instance, eject(standing, settings, now));
      ejected.push(instance);
    } else if (standing !== undefined) next.set(instance, standing);
  }
  return { ejections: next, ejected, readmitted, panic };
}

/** Longer with each ejection, unless the instance has been in for longer than any ejection lasts. */
function eject(standing: Standing | undefined, settings: EjectionSettings, now: Instant): Standing {
  const isRepeat = standing !== undefined && now - standing.since <= settings.maxMs;
  const ejections = isRepeat ? standing.ejections + 1 : 1;
  const untilMs = Math.min(settings.maxMs, settings.baseMs * ejections);
  return { state: "out", since: now, until: now + untilMs, ejections };
}
