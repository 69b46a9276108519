/**
 * Two results side by side: what a change of code, settings or machine did to a drill. Limits are compared by what was held
 * and what was not, figures by how far they lie apart. Sides are paired by what they are for: the side that is judged with
 * the side that is judged, the baseline with the baseline. Only a limit that was held before and is broken now, on the side
 * that is judged, is a finding, and one that is not asked any more is named; that a figure moved is not, for any two runs
 * differ (`repeat` tells by how much). Results that prove nothing by themselves prove nothing together.
 */
import { exitCodes, limitFigures } from "@cordon/measure";
import type { LimitResult, Result, Side } from "@cordon/model";
import { judgedSide } from "./sides.ts";

/** A result and what to call it, mostly where it was read from. */
export interface Named {
  readonly name: string;
  readonly result: Result;
}

export type Standing = "held" | "broken" | "no limit";
export type Change = "better" | "worse" | "alike" | "not known";

/** One figure of both. */
export interface ComparedRow {
  readonly id: string;
  readonly title: string;
  readonly unit: LimitResult["unit"];
  readonly a: number | null;
  readonly b: number | null;
  /** `b - a`; null where one of them is not there. */
  readonly difference: number | null;
  readonly change: Change;
  readonly standing: { readonly a: Standing; readonly b: Standing };
}

export interface ComparedSides {
  readonly role: "baseline" | "candidate";
  /** Presets. */
  readonly a: string;
  readonly b: string;
  readonly rows: readonly ComparedRow[];
}

export interface Comparison {
  /** How the two runs were made otherwise: a difference in a figure may be this one's. */
  readonly otherwise: readonly { readonly what: string; readonly a: string; readonly b: string }[];
  readonly sides: readonly ComparedSides[];
  /** Ids of the limits that the judged side held in A and broke in B, and the other way round. */
  readonly broke: readonly string[];
  readonly mended: readonly string[];
  /** Ids of the limits that the judged side held in A and was not held to in B. */
  readonly dropped: readonly string[];
  readonly reason: string;
  readonly exitCode: number;
}

/** `incomparable`: two drills, a drill and a game day, or a result without any side; `reason` is for a person. */
export type ComparedResults =
  | { readonly kind: "compared"; readonly comparison: Comparison }
  | { readonly kind: "incomparable"; readonly reason: string };

/** Compares B with A, which came before it. */
export function compareResults(a: Named, b: Named): ComparedResults {
  if (a.result.drill !== b.result.drill)
    return { kind: "incomparable", reason: `${a.name} is of ${a.result.drill}, ${b.name} of ${b.result.drill}` };
  const byHand = (named: Named): boolean => named.result.handsOn !== undefined;
  if (byHand(a) !== byHand(b)) {
    const [day, other] = byHand(a) ? [a, b] : [b, a];
    const reason = `${day.name} is of a game day, with a person in the place of protections, and ${other.name} is not`;
    return { kind: "incomparable", reason };
  }
  const sideless = [a, b].find(({ result }) => result.sides.length === 0);
  if (sideless !== undefined)
    return { kind: "incomparable", reason: `${sideless.name} has no side: ${sideless.result.reason}` };
  const sides = (["candidate", "baseline"] as const).flatMap((role) => pairOf(role, a.result, b.result));
  const judged = sides.find(({ role }) => role === "candidate")?.rows ?? [];
  const turned = (from: Standing, to: Standing): readonly string[] =>
    judged.filter(({ standing }) => standing.a === from && standing.b === to).map(({ id }) => id);
  const broke = turned("held", "broken");
  const dropped = turned("held", "no limit");
  return {
    kind: "compared",
    comparison: {
      otherwise: otherwiseIn(a.result, b.result),
      sides,
      broke,
      mended: turned("broken", "held"),
      dropped,
      ...endOf(a, b, broke, dropped),
    },
  };
}

/** The order is that of a drill's own exit codes: an invariant, then proof of nothing, then a broken limit. */
function endOf(
  a: Named,
  b: Named,
  broke: readonly string[],
  dropped: readonly string[],
): Pick<Comparison, "reason" | "exitCode"> {
  const invariantsOf = ({ result }: Named): readonly LimitResult[] =>
    (judgedSide(result)?.limits ?? []).filter((limit) => limit.class === "invariant");
  const wronged = invariantsOf(b).filter(({ id }) => broke.includes(id));
  if (wronged.length > 0)
    return {
      exitCode: exitCodes.invariant,
      reason: `B broke what may never be: ${wronged.map(({ id }) => id).join(", ")}`,
    };
  const unproven = Object.entries({ A: a.result, B: b.result }).find(
    ([, { verdict }]) => verdict === "invalid" || verdict === "aborted",
  );
  if (unproven !== undefined) {
    const [name, { verdict, reason }] = unproven;
    return { exitCode: exitCodes.invalid, reason: `${name} proves nothing, it was ${verdict}: ${reason}` };
  }
  const unasked = invariantsOf(a).filter(({ id }) => dropped.includes(id));
  if (unasked.length > 0) {
    const ids = unasked.map(({ id }) => id).join(", ");
    return { exitCode: exitCodes.invalid, reason: `B proves nothing, it was not held to what may never be: ${ids}` };
  }
  if (broke.length > 0) return { exitCode: exitCodes.refuted, reason: `B broke what A held: ${broke.join(", ")}` };
  const more = dropped.length === 0 ? "" : `, and was not held to ${dropped.join(", ")}`;
  return { exitCode: exitCodes.held, reason: `B broke nothing that A held${more}` };
}

const baselineOf = (result: Result): Side | undefined =>
  result.sides.find((side) => side.preset === result.baseline && side !== judgedSide(result));

function pairOf(role: ComparedSides["role"], a: Result, b: Result): readonly ComparedSides[] {
  const sideOf = role === "candidate" ? judgedSide : baselineOf;
  const [one, other] = [sideOf(a), sideOf(b)];
  return one === undefined || other === undefined
    ? []
    : [{ role, a: one.preset, b: other.preset, rows: rowsOf(one, other) }];
}

/** Every limit that one of the sides was held to, then the other figures. */
function rowsOf(a: Side, b: Side): readonly ComparedRow[] {
  const limits = new Map([...a.limits, ...b.limits].map((limit) => [limit.id, limit]));
  const isLimit = ({ id }: Figure): boolean => limits.has(id);
  const figureOf = (limit: LimitResult): Figure => ({
    id: limit.id,
    title: limit.title,
    unit: limit.unit,
    ifMissing: "worst",
    isBadness: limit.op === "<=",
    of: (side) =>
      (side.limits.find(({ id }) => id === limit.id) ?? { measured: known.get(limit.id)?.of(side) ?? null }).measured,
  });
  return [...[...limits.values()].map(figureOf), ...figures.filter((one) => !isLimit(one))].map((one) =>
    rowOf(one, a, b),
  );
}

interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: LimitResult["unit"];
  /** What no value means: that it never came, which is the worst, or that too little was seen to say. */
  readonly ifMissing: "worst" | "unknown";
  /** Whether less of it is better. What is a good share otherwise is compared by what is missing to all of it. */
  readonly isBadness: boolean;
  readonly of: (side: Side) => number | null;
}

const figure = (id: string, title: string, unit: Figure["unit"], of: Figure["of"]): Figure => ({
  id,
  title,
  unit,
  ifMissing: "unknown",
  isBadness: true,
  of,
});

/** What a result tells of a side, besides the limits it was held to: the figure of every limit, and some that have none. */
const figures: readonly Figure[] = [
  ...limitFigures.map(({ id, title, unit, op, class: limitClass, of }): Figure => {
    const isAwaited = limitClass !== "harm" && unit !== "ratio";
    return { id, title, unit, ifMissing: isAwaited ? "worst" : "unknown", isBadness: op === "<=", of };
  }),
  figure("sign-in-p95-outside", "sign-in p95, others", "ms", ({ signIn }) => signIn.outside.p95Ms),
  figure("sign-in-p95-inside", "sign-in p95, failed partition", "ms", ({ signIn }) => signIn.inside.p95Ms),
  figure("down-worst-tenant", "share of a month down, worst tenant", "share", ({ sla }) => 1 - sla.worstTenant),
  figure("down-fleet", "share of a month down, fleet", "share", ({ sla }) => 1 - sla.fleet),
];
const known = new Map(figures.map((one) => [one.id, one]));

function rowOf({ id, title, unit, ifMissing, isBadness, of }: Figure, one: Side, other: Side): ComparedRow {
  const [a, b] = [of(one), of(other)];
  const standing = (side: Side): Standing => {
    const limit = side.limits.find((held) => held.id === id);
    return limit === undefined ? "no limit" : limit.held ? "held" : "broken";
  };
  const bad = (value: number | null): number | null => (value === null || isBadness ? value : 1 - value);
  return {
    id,
    title,
    unit,
    a,
    b,
    difference: a === null || b === null ? null : b - a,
    change: changeOf(bad(a), bad(b), ifMissing),
    standing: { a: standing(one), b: standing(other) },
  };
}

/** Two runs of the same drill differ; what lies closer than this share of the larger is called alike. */
const alikeWithin = 0.1;

/** `a` and `b`: the less, the better. */
function changeOf(a: number | null, b: number | null, ifMissing: Figure["ifMissing"]): Change {
  if (a === null && b === null) return "alike";
  if (a === null || b === null) {
    if (ifMissing === "unknown") return "not known";
    return b === null ? "worse" : "better";
  }
  if (Math.abs(b - a) <= alikeWithin * Math.max(Math.abs(a), Math.abs(b))) return "alike";
  return b < a ? "better" : "worse";
}

function otherwiseIn(a: Result, b: Result): Comparison["otherwise"] {
  const about = (result: Result): Readonly<Record<string, string>> => ({
    variant: result.variant,
    profile: result.profile,
    store: result.store,
    seed: result.seed,
    candidate: [judgedSide(result)?.preset ?? "", ...without(result)].join(" "),
    commit: result.cordon.commit?.slice(0, 12) ?? "not known",
    node: result.host.node,
    platform: result.host.platform,
    cores: String(result.host.cpus),
    ...Object.fromEntries(
      Object.entries(result.config).flatMap(([key, value]) =>
        key === "digest" ? [] : [[key, String(value)] as const],
      ),
    ),
  });
  const [one, other] = [about(a), about(b)];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((what) => {
    const [inA, inB] = [one[what] ?? "not told", other[what] ?? "not told"];
    return inA === inB ? [] : [{ what, a: inA, b: inB }];
  });
}

/** What a candidate of the preset `on` went without; another preset's name says it. */
function without(result: Result): readonly string[] {
  const side = judgedSide(result);
  return side === undefined || side.preset !== "on" || side.disabled.length === 0 ? [] : ["without", ...side.disabled];
}
