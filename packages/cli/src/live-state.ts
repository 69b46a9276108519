/**
 * How each partition of a lab stands, as its processes say: a fold over their events and nothing else, so that whoever
 * comes late and reads the events from the beginning sees the same as whoever was there. The judgement of a partition is
 * the worst any caller has of it: red, or yellow when only single role instances of it are red or taken out.
 * Invariant: what a caller said is forgotten when that caller is started again, since it begins without a judgement.
 */
import type { Event, EventKind, PartitionId } from "@cordon/model";

export type LaneState = "flowing" | "isolated" | "draining";

export interface PartitionState {
  /** `CALLER OPERATION` of each judgement that the whole partition is red. */
  readonly red: ReadonlySet<string>;
  /** `CALLER OPERATION` of each isolation. */
  readonly isolated: ReadonlySet<string>;
  /** Those of them that an order stands behind, and no evidence. */
  readonly byOperator: ReadonlySet<string>;
  /** `CALLER OPERATION INSTANCE` of each role instance that is red. */
  readonly redInstances: ReadonlySet<string>;
  readonly ejected: ReadonlySet<string>;
  readonly fallback: boolean;
  readonly failingOver: boolean;
  readonly lane: LaneState;
}

export type LabState = ReadonlyMap<PartitionId, PartitionState>;

const quiet: PartitionState = {
  red: new Set(),
  isolated: new Set(),
  byOperator: new Set(),
  redInstances: new Set(),
  ejected: new Set(),
  fallback: false,
  failingOver: false,
  lane: "flowing",
};

/** Every partition before anything was said. */
export const quietLab = (partitions: readonly PartitionId[]): LabState => new Map(partitions.map((id) => [id, quiet]));

/** What of the state may be shown: where faults are hidden, a fallback that nobody ordered would give one away. */
export const shownOf = (lab: LabState, hidesFaults: boolean): LabState =>
  !hidesFaults
    ? lab
    : new Map([...lab].map(([id, state]) => [id, { ...state, fallback: state.fallback && state.byOperator.size > 0 }]));

/** The state after `event`; the same one when it says nothing about a partition that is known. */
export function stepLab(lab: LabState, event: Event): LabState {
  if (event.kind === "process-started") return forget(lab, startedIn(event));
  const { partition } = event;
  const before = partition === undefined ? undefined : lab.get(partition);
  if (partition === undefined || before === undefined) return lab;
  const after = stepPartition(before, event);
  return after === before ? lab : new Map(lab).set(partition, after);
}

/** Who said it, of which operation and, where it is about one, of which role instance. */
interface About {
  readonly word: string;
  readonly instance: string;
  /** It says that an order is why. */
  readonly isOrder: boolean;
}

/** What each kind of event that is about a partition makes of it; the others change nothing here. */
const changes: Readonly<Partial<Record<EventKind, (state: PartitionState, about: About) => PartitionState>>> = {
  "partition-red": (state, { word }) => ({ ...state, red: withWord(state.red, word) }),
  "partition-green": (state, { word }) => ({ ...state, red: without(state.red, word) }),
  // An order that takes over from the evidence, or leaves it to that again, is said as another isolation.
  "partition-isolated": (state, { word, isOrder }) => ({
    ...state,
    isolated: withWord(state.isolated, word),
    byOperator: (isOrder ? withWord : without)(state.byOperator, word),
  }),
  "partition-rejoined": (state, { word }) => ({
    ...state,
    isolated: without(state.isolated, word),
    byOperator: without(state.byOperator, word),
  }),
  "instance-red": (state, { instance }) => ({ ...state, redInstances: withWord(state.redInstances, instance) }),
  "instance-green": (state, { instance }) => ({ ...state, redInstances: without(state.redInstances, instance) }),
  "instance-ejected": (state, { instance }) => ({ ...state, ejected: withWord(state.ejected, instance) }),
  "instance-readmitted": (state, { instance }) => ({ ...state, ejected: without(state.ejected, instance) }),
  "fallback-began": (state) => ({ ...state, fallback: true }),
  "fallback-ended": (state) => ({ ...state, fallback: false }),
  "lane-isolated": (state) => ({ ...state, lane: "isolated" }),
  "lane-draining": (state) => ({ ...state, lane: "draining" }),
  "lane-flowing": (state) => ({ ...state, lane: "flowing" }),
  "failover-started": (state) => ({ ...state, failingOver: true }),
  // The role instances that were judged are gone, and judgements of them with it.
  "failover-done": (state) => ({
    ...state,
    failingOver: false,
    red: new Set(),
    redInstances: new Set(),
    ejected: new Set(),
  }),
};

function stepPartition(state: PartitionState, { source, operation, instance, kind, detail }: Event): PartitionState {
  const word = `${source} ${operation ?? "any"}`;
  return (
    changes[kind]?.(state, {
      word,
      instance: `${word} ${instance ?? ""}`,
      isOrder: detail.endsWith(": by the operator"),
    }) ?? state
  );
}

/** What the supervisor calls the process that it started; its word in `detail` is the process's name. */
const startedIn = (event: Event): string => event.instance ?? event.detail.split(" ", 1)[0] ?? "";

function forget(lab: LabState, name: string): LabState {
  if (name !== "auth" && name !== "mail") return lab;
  const others = (words: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...words].filter((word) => !word.startsWith(`${name} `)));
  return new Map(
    [...lab].map(([id, state]) => [
      id,
      {
        ...state,
        red: others(state.red),
        isolated: others(state.isolated),
        byOperator: others(state.byOperator),
        redInstances: others(state.redInstances),
        ejected: others(state.ejected),
        ...(name === "auth" ? { fallback: false } : { lane: "flowing" as const }),
      },
    ]),
  );
}

const withWord = (words: ReadonlySet<string>, word: string): ReadonlySet<string> => new Set([...words, word]);
const without = (words: ReadonlySet<string>, word: string): ReadonlySet<string> =>
  new Set([...words].filter((one) => one !== word));

export const colourOf = ({ red, redInstances, ejected }: PartitionState): "green" | "yellow" | "red" => {
  if (red.size > 0) return "red";
  return redInstances.size > 0 || ejected.size > 0 ? "yellow" : "green";
};
