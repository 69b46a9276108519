/**
 * The timeline of a side: what was done to it, what it noticed, what it did, and what its users felt, on the fault clock.
 * Events are the processes' own words; users' side of it is read from the attempts. Repetitions of one thing by several
 * callers are told once, at the time of the first.
 */
import type { DrillSpec, SideRun } from "@cordon/measure";
import type { History, ResultEvent, Side } from "@cordon/model";
import { count, onClock, time } from "./format.ts";

/** x something breaks, v it is healed, ! something is noticed or felt, > the system acts, + it is well again. */
export type Mark = "x" | "v" | "!" | ">" | "+";

export interface Row {
  readonly atMs: number;
  readonly mark: Mark;
  readonly text: string;
}

/** Rows of several sides that share a line: those of the same tenth of a second, at most one a side. */
export interface Line {
  /** Time of a row that is on it, ms since the injection. */
  readonly atMs: number;
  /** In the order of the columns. */
  readonly cells: readonly (Row | undefined)[];
}

/** The rows of one side, in order of time. */
export function timelineOf(side: Side, run: SideRun, spec: DrillSpec): readonly Row[] {
  const told = new Set<string>();
  const rows = side.events
    // Before the fault only what a person did is worth a row.
    .filter((event) => event.atMs >= 0 || isOrder(event))
    .flatMap((event) => rowOf(event).filter(({ text }) => isOrder(event) || (!told.has(text) && told.add(text))));
  return [...faultRows(run.history), ...rows, ...feltBy(side, run.history, spec), ...timesRows(side)].toSorted(
    (a, b) => a.atMs - b.atMs,
  );
}

const isOrder = ({ kind }: ResultEvent): boolean => kind.startsWith("operator-");

/** The timelines of all sides on one clock. */
export function pairRows(columns: readonly (readonly Row[])[]): readonly Line[] {
  const byClock = new Map<string, { atMs: number; columns: Row[][] }>();
  for (const [index, column] of columns.entries()) {
    for (const row of column) {
      const same = byClock.getOrInsertComputed(onClock(row.atMs), () => ({
        atMs: row.atMs,
        columns: columns.map(() => []),
      }));
      same.columns[index]?.push(row);
    }
  }
  return [...byClock.values()]
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap(({ atMs, columns: own }) =>
      Array.from({ length: Math.max(...own.map((rows) => rows.length)) }, (_, line) => ({
        atMs,
        cells: own.map((rows) => rows[line]),
      })),
    );
}

/** What the drill itself did: the history's own record of the fault, in the words of its variant. */
function faultRows(history: History): readonly Row[] {
  const zero = injectedAt(history);
  if (zero === undefined) return [];
  return history.flatMap((record): readonly Row[] => {
    if (record.type !== "fault" || (record.step !== "injected" && record.step !== "removed")) return [];
    return [{ atMs: record.at - zero, mark: record.step === "injected" ? "x" : "v", text: record.detail }];
  });
}

function rowOf({ atMs, kind, partition = "", instance = "", operation }: ResultEvent): readonly Row[] {
  const row = (mark: Mark, text: string): readonly Row[] => [{ atMs, mark, text }];
  const only = operation === "verify" ? " for sign-in" : "";
  switch (kind) {
    case "lease-expired":
      return row("v", "the fault's lease ran out");
    case "partition-red":
      return row("!", `${partition} red${only}`);
    case "instance-red":
      return row("!", `${instance} red${only}`);
    case "instance-ejected":
      return row(">", `${instance} ejected`);
    case "instance-readmitted":
      return row("+", `${instance} back in`);
    case "partition-isolated":
      return row(">", `${partition} isolated${only}`);
    case "partition-rejoined":
      return row("+", `${partition} back in${only}`);
    case "lane-isolated":
      return row(">", `mail lane ${partition} parked`);
    case "lane-draining":
      return row("+", `mail lane ${partition} draining`);
    case "lane-flowing":
      return row("+", `mail lane ${partition} flowing`);
    case "fallback-began":
      return row(">", `${partition} signs in by fallback`);
    case "fenced":
      return row(">", `${instance} fenced`);
    case "failover-started":
      return row(">", `${partition} failover began`);
    case "failover-done":
      return row("+", `${partition} has new role instances`);
    case "operator-isolated":
      return row(">", `an operator isolated ${partition}`);
    case "operator-rejoined":
      return row(">", `an operator let ${partition} back in`);
    case "operator-failed-over":
      return row(">", `an operator failed ${partition} over`);
    case "host-slow":
      return row("!", "the host is slow: nobody is blamed");
    case "self-suspected":
      return row("!", "a caller doubts itself");
    case "instance-green":
    case "partition-green":
    case "breaker-opened":
    case "breaker-closed":
    case "fallback-ended":
    case "process-started":
    case "process-ready":
    case "process-exited":
    case "writer-appointed":
    case "map-published":
    // The fault is told from its own records, which also say what was ordered.
    case "fault-injected":
    case "fault-removed":
    case "fault-proven":
    case "fault-proven-gone":
      return [];
  }
}

/** When users elsewhere first felt it, and how much mail was waiting at the worst moment. */
function feltBy(side: Side, history: History, spec: DrillSpec): readonly Row[] {
  const zero = injectedAt(history);
  if (zero === undefined) return [];
  const rows: Row[] = [];
  const felt = history.flatMap((record) => {
    if (record.type !== "sign-in" || record.scheduledAt < zero || record.partition === spec.failedPartition) return [];
    const lateAt = record.scheduledAt + spec.lateMs;
    if (record.outcome === "refused") return [{ at: record.endedAt ?? lateAt, text: "sign-in refused elsewhere" }];
    if (record.endedAt !== null && record.endedAt <= lateAt) return [];
    return [{ at: lateAt, text: "sign-in late in other partitions" }];
  });
  const first = felt.reduce<(typeof felt)[number] | undefined>(
    (a, b) => (a === undefined || b.at < a.at ? b : a),
    undefined,
  );
  if (first !== undefined && side.hurt.outside > spec.sustained.hurtShare)
    rows.push({ atMs: first.at - zero, mark: "!", text: first.text });
  const worst = worstQueue(history, zero);
  if (worst !== undefined && worst.oldestMs > spec.delayedMs)
    rows.push({
      atMs: worst.atMs,
      mark: "!",
      text: `mail queue ${count(worst.queued)}, oldest ${time(worst.oldestMs)}`,
    });
  return rows;
}

const injectedAt = (history: History): number | undefined => {
  for (const record of history) if (record.type === "fault" && record.step === "injected") return record.at;
  return undefined;
};

function worstQueue(history: History, zero: number): { atMs: number; queued: number; oldestMs: number } | undefined {
  const bySample = new Map<number, { queued: number; oldestMs: number }>();
  for (const record of history) {
    if (record.type !== "queue" || record.at < zero) continue;
    const sum = bySample.get(record.at) ?? { queued: 0, oldestMs: 0 };
    bySample.set(record.at, { queued: sum.queued + record.queued, oldestMs: Math.max(sum.oldestMs, record.oldestMs) });
  }
  const [worst] = [...bySample].toSorted(([, a], [, b]) => b.queued - a.queued);
  return worst === undefined ? undefined : { atMs: worst[0] - zero, ...worst[1] };
}

/** What the kernel measured, as rows of their own: served again, and recovered. */
function timesRows(side: Side): readonly Row[] {
  const rows: Row[] = [];
  if (side.failoverMs !== null) rows.push({ atMs: side.failoverMs, mark: "+", text: "its users are served again" });
  const from = side.failoverMs ?? side.fault.removedAtMs;
  if (side.ttrMs !== null && from !== null) rows.push({ atMs: from + side.ttrMs, mark: "+", text: "recovered" });
  return rows;
}
