/**
 * One line a partition, in 80 columns: how it is judged, whether it is cut off and for what, its mail's lane, and what is
 * asked of it. The words carry the state; there is no colour to lose.
 */
import type { PartitionId } from "@cordon/model";
import { colourOf, type LabState, type PartitionState } from "./live-state.ts";

/** What is counted, and not said by events. */
export interface PartitionFigures {
  /** Exchanges with its role instances, canaries among them, in the last second. */
  readonly perSecond: number | undefined;
  /** Mails that wait in its lane. */
  readonly queued: number | undefined;
  /** Faults on the way to it, as `silent p3a`. */
  readonly faults: readonly string[];
}

const columns = 80;
const nothing: PartitionFigures = { perSecond: undefined, queued: undefined, faults: [] };

export const headLine = "     judged  cut off for       mail's lane          asked  what is done to it";

/** A line for each partition, in their order. */
export const linesOf = (lab: LabState, figures: ReadonlyMap<PartitionId, PartitionFigures>): readonly string[] =>
  [...lab].map(([id, state]) => lineOf(id, state, figures.get(id) ?? nothing));

export function lineOf(
  id: PartitionId,
  state: PartitionState,
  { perSecond, queued, faults }: PartitionFigures,
): string {
  const cut = [...new Set([...state.isolated].map((word) => word.split(" ")[1] ?? ""))].toSorted();
  const waiting = queued === undefined || queued === 0 ? "" : `, ${queued} wait`;
  const done = [
    ...(state.failingOver ? ["failing over"] : []),
    ...(state.fallback ? ["fallback"] : []),
    ...ejectedIn(state),
    ...faults,
  ];
  const cells = [
    id.padEnd(4),
    colourOf(state).padEnd(7),
    (cut.length === 0 ? "-" : cut.join(", ")).padEnd(17),
    `${state.lane}${waiting}`.padEnd(19),
    (perSecond === undefined ? "" : `${perSecond.toFixed(0)}/s`).padStart(6),
    ` ${done.join(", ")}`,
  ];
  return cells.join(" ").slice(0, columns).trimEnd();
}

const ejectedIn = ({ ejected }: PartitionState): readonly string[] =>
  [...new Set([...ejected].map((word) => word.split(" ")[2] ?? ""))].toSorted().map((instance) => `${instance} out`);
