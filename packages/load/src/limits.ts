/**
 * The limits of a load, as `--slo` writes them: `p99<200ms,errors<0.1%`. The grammar is closed: what it does not know is
 * refused with its place and with what may stand there, before anything is sent. A limit on a percentile that was read
 * from too few samples is neither held nor broken.
 */
import { minSamples } from "@cordon/measure";
import type { LoadFigures } from "./tally.ts";

type Percentile = "p50" | "p95" | "p99";
export type LimitedFigure = Percentile | "errors" | "ok";

export interface LoadLimit {
  /** As it was written, without spaces. */
  readonly text: string;
  readonly figure: LimitedFigure;
  /** Milliseconds for a percentile, a share of 0 to 1 for the others. */
  readonly bound: number;
}

export type LimitsRead =
  | { readonly kind: "limits"; readonly limits: readonly LoadLimit[] }
  /** `at` counts characters from 1. `right` says what may stand there. */
  | { readonly kind: "wrong"; readonly at: number; readonly word: string; readonly right: string };

export interface HeldLimit extends LoadLimit {
  /** In the unit of the bound; null where there are too few samples. */
  readonly measured: number | null;
  /** null: nobody can say. */
  readonly held: boolean | null;
}

interface Form {
  readonly op: "<" | ">";
  /** What one of each unit is in the unit of the bound. */
  readonly units: Readonly<Record<string, number>>;
  /** A bound that nothing could keep, or nothing could break, is none. */
  readonly fits: (bound: number) => boolean;
  readonly range: string;
}

const hourMs = 3_600_000;
const time: Form = {
  op: "<",
  units: { ms: 1, s: 1_000 },
  fits: (ms) => ms > 0 && ms <= hourMs,
  range: "a time above 0 and up to an hour, as in 200ms or 1.5s",
};
const forms: Readonly<Record<LimitedFigure, Form>> = {
  p50: time,
  p95: time,
  p99: time,
  errors: {
    op: "<",
    units: { "%": 0.01 },
    fits: (share) => share > 0 && share <= 1,
    range: "a share above 0% and up to 100%, as in 0.1%",
  },
  ok: {
    op: ">",
    units: { "%": 0.01 },
    fits: (share) => share >= 0 && share < 1,
    range: "a share from 0% and below 100%, as in 99.9%",
  },
};
const figures = Object.keys(forms) as LimitedFigure[];

/** Reads `p99<200ms,errors<0.1%`. */
export function readLimits(text: string): LimitsRead {
  const limits: LoadLimit[] = [];
  let at = 1;
  for (const term of text.split(",")) {
    const read = readLimit(term, at);
    if (read.kind === "wrong") return read;
    if (limits.some(({ figure }) => figure === read.limit.figure))
      return { kind: "wrong", at, word: term.trim(), right: `one limit on ${read.limit.figure}, not two` };
    limits.push(read.limit);
    at += term.length + 1;
  }
  return { kind: "limits", limits };
}

type LimitRead = Extract<LimitsRead, { kind: "wrong" }> | { readonly kind: "limit"; readonly limit: LoadLimit };

/** Reads one term that begins at character `from`: figure, operator, number, unit, in that order. */
function readLimit(term: string, from: number): LimitRead {
  const [, before = "", figure = "", gap = "", op = "", space = "", number = "", wide = "", unit = ""] =
    /^(\s*)(\w*)(\s*)([<>=!]*)(\s*)([\d.]*)(\s*)(.*?)\s*$/s.exec(term) ?? [];
  const wrong = (prefix: string, word: string, right: string): LimitRead => ({
    kind: "wrong",
    at: from + prefix.length,
    word,
    right,
  });
  if (!isFigure(figure)) return wrong(before, figure === "" ? term.trim() : figure, `p50, p95, p99, errors or ok`);
  const form = forms[figure];
  const toOp = before + figure + gap;
  if (op !== form.op) return wrong(toOp, op, `'${form.op}' after ${figure}`);
  const toNumber = toOp + op + space;
  const factor = form.units[unit];
  if (!/^\d+(\.\d+)?$/.test(number)) return wrong(toNumber, number + wide + unit, form.range);
  if (factor === undefined) return wrong(toNumber + number + wide, unit, Object.keys(form.units).join(" or "));
  // A per cent is a binary fraction only by luck: 0.1 % is 0.001, and nothing beside it.
  const bound = Number((Number(number) * factor).toPrecision(12));
  if (!form.fits(bound)) return wrong(toNumber, number + unit, form.range);
  return { kind: "limit", limit: { text: `${figure}${op}${number}${unit}`, figure, bound } };
}

const isFigure = (word: string): word is LimitedFigure => (figures as readonly string[]).includes(word);

/** How many samples a limit takes; 0 where one attempt is enough to tell. */
export const samplesFor = ({ figure }: LoadLimit): number =>
  figure === "errors" || figure === "ok" ? 0 : minSamples[figure];

/** The limits, held to what was measured. */
export const holdLimits = (limits: readonly LoadLimit[], measured: LoadFigures): readonly HeldLimit[] =>
  limits.map((limit) => {
    const value = valueOf(limit.figure, measured);
    const held = value === null ? null : forms[limit.figure].op === "<" ? value < limit.bound : value > limit.bound;
    return { ...limit, measured: value, held };
  });

function valueOf(figure: LimitedFigure, { served, failed, latency }: LoadFigures): number | null {
  if (figure !== "errors" && figure !== "ok") return latency[figure];
  const judged = served + failed;
  if (judged === 0) return null;
  return (figure === "errors" ? failed : served) / judged;
}
