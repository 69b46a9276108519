/**
 * One line a partition: how it is judged, whether it is cut off and for what, its mail's lane, what is asked of it, and
 * what is done to it, which goes on below itself where it is long. The words carry the state; there is no colour to lose.
 * Where nobody judges the line says so: no green stands there that nobody has seen.
 */
import type { PartitionId } from "@cordon/model";
import { wrappedTo } from "./layout.ts";
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

export interface LineForm {
  /** Whether anybody judges the partition. */
  readonly judges: boolean;
  /** How wide a line may be. */
  readonly columns: number;
  /** What stands before it. */
  readonly lead: string;
}

const uncounted: PartitionFigures = { perSecond: undefined, queued: undefined, faults: [] };

export const headLine = "     judged     cut off for    mail's lane          asked  what is done to it";

/** A line for each partition, in their order. */
export const linesOf = (
  lab: LabState,
  figures: ReadonlyMap<PartitionId, PartitionFigures>,
  form: LineForm,
): readonly string[] => [...lab].map(([id, state]) => lineOf(id, state, figures.get(id) ?? uncounted, form));

/** `figures` undefined: nothing is counted, and there is no column for it. */
export function lineOf(
  id: PartitionId,
  state: PartitionState,
  figures: PartitionFigures | undefined,
  { judges, columns, lead }: LineForm,
): string {
  const { perSecond, queued = 0, faults } = figures ?? uncounted;
  const cut = operationsCutOff(state);
  const cells = [
    `${lead}${id.padEnd(4)}`,
    (judges ? colourOf(state) : "not judged").padEnd(10),
    (cut.length === 0 ? "-" : cut.join(", ")).padEnd(14),
    `${state.lane}${queued === 0 ? "" : `, ${queued} wait`}`.padEnd(19),
    ...(figures === undefined ? [] : [(perSecond === undefined ? "" : `${perSecond.toFixed(0)}/s`).padStart(6)]),
  ];
  const text = wrappedTo(columns, `${cells.join(" ")}  `, [...doneTo(state), ...faults].join(", "));
  return text
    .split("\n")
    .map((line) => cutTo(columns, line))
    .join("\n");
}

/** A line that is too wide shows that there was more of it. */
export const cutTo = (columns: number, line: string): string =>
  line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;

/** What is done to processes that serve no partition, where something is. */
export const servicesLines = (faults: readonly string[], columns: number): readonly string[] =>
  faults.length === 0 ? [] : [wrappedTo(columns, "others  ", faults.join(", "))];

/** For which operations somebody has cut the partition off. */
export const operationsCutOff = ({ isolated }: PartitionState): readonly string[] =>
  [...new Set([...isolated].map((word) => word.split(" ")[1] ?? ""))].toSorted();

/** Its role instances that somebody has taken out. */
export const instancesOut = ({ ejected }: PartitionState): readonly string[] =>
  [...new Set([...ejected].map((word) => word.split(" ")[2] ?? ""))].toSorted();

const doneTo = (state: PartitionState): readonly string[] => [
  ...(state.byOperator.size > 0 ? ["isolated by the operator"] : []),
  ...(state.failingOver ? ["failing over"] : []),
  ...(state.fallback ? ["fallback"] : []),
  ...instancesOut(state).map((instance) => `${instance} out`),
];
