/**
 * The table of limits: what each one measures, its class and its direction. A drill names the limits it stands on and
 * their numbers; nothing else about a limit is free. A value that never came is null and breaks the limit: what was not
 * seen is not proven. `provesControl` says what may validate a control: harm beyond what failed, counted in attempts. Of a failed
 * partition that is harm to the others' users; of one failed role instance also harm to its own partition's, whom its
 * siblings could have served. That a baseline lacks failover, or that the dead partition's users suffer, proves nothing.
 */
import type { LimitClass, LimitResult, Load, Pct, Side } from "@cordon/model";

/** What fails: a whole partition, or one role instance whose siblings go on. */
export type FailedUnit = "partition" | "instance";

/** A side's figures, before its limits are held to them. */
export type Figures = Omit<Side, "limits">;

interface LimitRow {
  readonly title: string;
  readonly class: LimitClass;
  readonly op: LimitResult["op"];
  readonly unit: LimitResult["unit"];
  /** The smallest failure beyond which this is harm: `never`, when it is none. */
  readonly beyond: FailedUnit | "never";
  readonly measure: (figures: Figures) => number | null;
  /** Whether `measure` tells the figure itself and not a bound on it. */
  readonly isExact: (figures: Figures) => boolean;
}

const successOf = ({ scheduled, ok, degraded }: Load): number | null =>
  scheduled === 0 ? null : (ok + degraded) / scheduled;

/**
 * A p95 of too few mails would be a guess, but it is no greater than the slowest of them: who is held to a p95 may be held
 * to that one instead, and can only come out too slow.
 */
const slowest = ({ p95, max }: Pct): number | null => p95 ?? max;

const harm = (title: string, beyond: FailedUnit, measure: LimitRow["measure"]): LimitRow => ({
  title,
  class: "harm",
  op: "<=",
  unit: "share",
  beyond,
  measure,
  isExact: () => true,
});

const time = (title: string, measure: LimitRow["measure"]): LimitRow => ({
  title,
  class: "mechanism",
  op: "<=",
  unit: "ms",
  beyond: "never",
  measure,
  isExact: () => true,
});

const invariant = (title: string, measure: LimitRow["measure"]): LimitRow => ({
  title,
  class: "invariant",
  op: "<=",
  unit: "count",
  beyond: "never",
  measure,
  isExact: () => true,
});

const limitTable = {
  "hurt-outside": harm("users hurt outside the failed partition", "partition", ({ hurt }) => hurt.outside),
  "hurt-inside": harm("users hurt inside the failed partition", "instance", ({ hurt }) => hurt.inside),
  "mail-delay-outside-p95": {
    ...harm("mail delay p95, others", "partition", ({ mail }) => slowest(mail.delayMs.outside)),
    unit: "ms",
    isExact: ({ mail }) => mail.delayMs.outside.p95 !== null,
  },
  "mail-delay-inside-p95": {
    ...harm("mail delay p95, failed partition", "instance", ({ mail }) => slowest(mail.delayMs.inside)),
    unit: "ms",
    isExact: ({ mail }) => mail.delayMs.inside.p95 !== null,
  },
  "sign-in-success-outside": {
    ...harm("sign-ins served in time, others", "partition", ({ signIn }) => successOf(signIn.outside)),
    op: ">=",
  },
  "sign-in-success-inside": {
    ...harm("sign-ins served in time, failed partition", "instance", ({ signIn }) => successOf(signIn.inside)),
    op: ">=",
  },
  ttd: time("time to detect", ({ ttdMs }) => ttdMs),
  tti: time("time to isolate", ({ ttiMs }) => ttiMs),
  failover: time("failover", ({ failoverMs }) => failoverMs),
  ttr: time("time to recover", ({ ttrMs }) => ttrMs),
  amplification: { ...time("amplification", ({ amplification }) => amplification), unit: "ratio" },
  lost: invariant("mail lost", ({ mail }) => mail.lost),
  duplicated: invariant("mail duplicated", ({ mail }) => mail.duplicated),
} satisfies Record<string, LimitRow>;

export type LimitId = keyof typeof limitTable;

/** One limit of the hypothesis. Title, class, unit and direction stand in the table. */
export interface LimitSpec {
  readonly id: LimitId;
  /** In the unit of the limit: share 0..1, ms, ratio or count. */
  readonly limit: number;
}

/** A limit as it is promised, with the words and the unit of the table. */
export type PromisedLimit = Omit<LimitResult, "measured" | "held">;

function promisedBy({ id, limit }: LimitSpec): PromisedLimit {
  const { title, class: limitClass, op, unit } = limitTable[id];
  return { id, title, class: limitClass, op, limit, unit };
}

/** What a drill promises, in full. */
export const limitsOf = (specs: readonly LimitSpec[]): PromisedLimit[] => specs.map(promisedBy);

/** What a limit is held to, of any side, whether that side was held to it or not. */
export interface LimitFigure extends Omit<PromisedLimit, "limit"> {
  /** Null where it never came, or where too little was seen for more than a bound. */
  readonly of: (figures: Figures) => number | null;
}

/** A figure for every limit there is. */
export const limitFigures: readonly LimitFigure[] = Object.entries<LimitRow>(limitTable).map(
  ([id, { title, class: limitClass, op, unit, measure, isExact }]) => ({
    id,
    title,
    class: limitClass,
    op,
    unit,
    of: (figures) => (isExact(figures) ? measure(figures) : null),
  }),
);

/** The limits of a drill, held to a side's figures. */
export const holdLimits = (specs: readonly LimitSpec[], figures: Figures): LimitResult[] =>
  specs.map((spec) => {
    const { id, title, class: limitClass, op, limit, unit } = promisedBy(spec);
    const measured = limitTable[spec.id].measure(figures);
    const held = measured !== null && (op === "<=" ? measured <= limit : measured >= limit);
    return { id, title, class: limitClass, measured, op, limit, unit, held };
  });

/**
 * Whether this broken limit shows harm to users whom the failure of a `failed` need not harm: what a control is for. A
 * bound that is beyond the limit shows none, for the figure itself may be within it.
 */
export function provesControl({ id, measured, held }: LimitResult, figures: Figures, failed: FailedUnit): boolean {
  if (held || measured === null || !Object.hasOwn(limitTable, id)) return false;
  const { beyond, isExact } = limitTable[id as LimitId];
  if (!isExact(figures)) return false;
  return beyond === "partition" || (beyond === "instance" && failed === "instance");
}
