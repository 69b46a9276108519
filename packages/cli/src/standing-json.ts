/**
 * How the partitions of a lab stand, as `cordon status --json` adds it to the lab's object: the figures of the text, by the
 * same words. Null is what is not known, or not told: of a game day nobody is told what fails. It is a contract
 * (docs/schema): keys are only ever added.
 */
import type { LabFile, LabObject } from "@cordon/lab";
import type { LabFigures } from "./live-figures.ts";
import { instancesOut, operationsCutOff } from "./live-lines.ts";
import { colourOf, type LabState, type LaneState } from "./live-state.ts";

interface Standing {
  /** `not judged`: nobody judges anything in this lab. */
  readonly judged: "green" | "yellow" | "red" | "not judged";
  /** Operations that somebody has cut it off for. */
  readonly cutOff: readonly string[];
  readonly byOperator: boolean;
  readonly fallback: boolean;
  readonly failingOver: boolean;
  /** Role instances that are out. */
  readonly out: readonly string[];
  readonly lane: LaneState;
  /** Mails that wait in its lane. */
  readonly waiting: number | null;
  readonly askedPerSecond: number | null;
  readonly faults: readonly string[] | null;
}

interface StandingLab extends Omit<LabObject, "partitions"> {
  readonly partitions: readonly (LabObject["partitions"][number] & { readonly standing: Standing | null })[];
  /** Faults on processes that serve no partition; null: not told. */
  readonly serviceFaults: readonly string[] | null;
}

/** The lab's object with how each partition stands. */
export function withStanding(
  object: LabObject,
  { judges, hidesFaults }: Pick<LabFile, "judges" | "hidesFaults">,
  lab: LabState,
  { partitions, services }: LabFigures,
): StandingLab {
  const standingOf = (id: string): Standing | null => {
    const state = lab.get(id);
    if (state === undefined) return null;
    const { perSecond, queued, faults } = partitions.get(id) ?? {};
    return {
      judged: judges ? colourOf(state) : "not judged",
      cutOff: operationsCutOff(state),
      byOperator: state.byOperator.size > 0,
      fallback: state.fallback,
      failingOver: state.failingOver,
      out: instancesOut(state),
      lane: state.lane,
      waiting: queued ?? null,
      askedPerSecond: perSecond === undefined ? null : Math.round(perSecond * 10) / 10,
      faults: hidesFaults ? null : (faults ?? null),
    };
  };
  return {
    ...object,
    partitions: object.partitions.map((one) => ({ ...one, standing: standingOf(one.id) })),
    serviceFaults: hidesFaults ? null : services,
  };
}
