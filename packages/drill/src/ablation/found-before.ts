/**
 * What is kept of a side of an ablation, and which sides of an earlier run may stand for ones of this run. Sides are compared
 * with one another, so they must differ in nothing but what the table takes away: one that was made by another Cordon, from
 * another seed, with other settings or held to other limits would be compared with what it is no variant of. Such a one is
 * passed over, with the reason.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ResultSchema, type Result } from "@cordon/model";
import { Compile } from "typebox/compile";
import type { DrillOptions } from "../drill-options.ts";
import { readHistory } from "../history-file.ts";
import { configOf } from "../spec.ts";
import { figuresOf, type SideFound } from "./judge.ts";
import { nameOfStep, type Step } from "./step.ts";

export type Before =
  | { readonly kind: "found"; readonly found: SideFound }
  /** Nothing is in its folder. */
  | { readonly kind: "none" }
  /** What is there is no side of this run; why, as a clause. */
  | { readonly kind: "other"; readonly because: string };

const check = Compile(ResultSchema);

/** The side of an earlier run in the folder `wanted` would write to. */
export function foundBefore(wanted: DrillOptions, step: Step): Before {
  let text: string;
  try {
    text = readFileSync(join(wanted.out, "result.json"), "utf8");
  } catch {
    return { kind: "none" };
  }
  const result = resultIn(text);
  if (result === undefined) return { kind: "other", because: "its result cannot be read" };
  const found = foundIn(result, step);
  const because = otherThan(wanted, result, step);
  if (because !== undefined) return { kind: "other", because };
  if (!found.isSound || result.verdict === "aborted") return { kind: "other", because: "it came to no sound end" };
  if (step.side === "baseline" && !hasItsHistory(wanted, result))
    return { kind: "other", because: "its history is not the one that it was judged by" };
  return { kind: "found", found };
}

/** Every candidate of the variant is judged beside the baseline's history: half of one would make another verdict. */
const hasItsHistory = ({ out }: DrillOptions, { baseline, histories }: Result): boolean => {
  const digest = readHistory(out, baseline)?.digest;
  return digest !== undefined && digest === histories?.[baseline];
};

function resultIn(text: string): Result | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** In what `result` is another side than the one wanted; undefined when it is that one. */
function otherThan(wanted: DrillOptions, result: Result, step: Step): string | undefined {
  const { version, commit } = wanted.cordon;
  if (result.cordon.version !== version || result.cordon.commit !== commit)
    return `it was made by ${nameOf(result.cordon)}, and this is ${nameOf(wanted.cordon)}`;
  if (result.seed !== wanted.seed) return `its seed was ${result.seed}`;
  if (result.config.digest !== configOf(wanted).digest) return "it was made with other settings";
  const side = sideOf(result, step);
  const limits = wanted.variant.limits(wanted.disabled);
  if (side !== undefined && numbersOf(side.limits) !== numbersOf(limits)) return "it was held to other limits";
  return undefined;
}

const nameOf = ({ version, commit }: Result["cordon"]): string =>
  commit === null ? version : `${version} (${commit.slice(0, 10)})`;

/** Limits as one text, whatever their order. */
const numbersOf = (limits: readonly { readonly id: string; readonly limit: number }[]): string =>
  limits
    .map(({ id, limit }) => `${id} ${limit}`)
    .toSorted()
    .join("\n");

const sideOf = (result: Result, step: Step): Result["sides"][number] | undefined => {
  const preset = step.side === "baseline" ? result.baseline : result.candidate;
  return result.sides.find((one) => one.preset === preset);
};

/** What is kept of a result. A side that was lost has no figures. */
export function foundIn(result: Result, step: Step): SideFound {
  const side = sideOf(result, step);
  return {
    name: nameOfStep(step),
    step,
    startedAt: result.startedAt,
    verdict: result.verdict,
    reason: result.reason,
    isSound: side !== undefined && result.verdict !== "invalid",
    broken: (side?.limits ?? []).filter(({ held }) => !held).map(({ id }) => id),
    figures: side === undefined ? null : figuresOf(side),
    ownShare: result.host.ownShare,
  };
}
