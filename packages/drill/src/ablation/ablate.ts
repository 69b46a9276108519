/**
 * Running an ablation: side after side, each with the same seed and workload, judged beside the baseline of its variant. What
 * a side came to is in a folder of its own as soon as it has ended, and the whole account is written anew after each, so that
 * a run of half an hour that is cut short has lost one side and no more. `resume` takes up what is there, as far as this very
 * run could have made it (found-before.ts). A side that was not sound is tried once more, and then stays unknown.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { disabledIn } from "@cordon/lab";
import type { SideRun } from "@cordon/measure";
import { makeFolder } from "@cordon/runtime";
import type { Variant } from "../drill.ts";
import type { DrillOptions } from "../drill-options.ts";
import { readHistory } from "../history-file.ts";
import { runDrill, type DrillObserver } from "../run.ts";
import { accountOf, type Ablation } from "./account.ts";
import { foundBefore, foundIn } from "./found-before.ts";
import type { Seen, SideFound } from "./judge.ts";
import { nameOfStep, type Step } from "./step.ts";
import { limitsIn, mostSteps, nextStep } from "./steps.ts";
import type { AblationTable } from "./table.ts";

export interface AblationOptions {
  /** Of a run with both sides; its variant and what its candidate goes without are the ablation's to choose. */
  readonly drill: DrillOptions;
  readonly table: AblationTable;
  /** How often each side is run: the baselines once, the one with everything oftener (steps.ts). */
  readonly times: number;
  /** Whether sides that are in the folder already are taken as they are. */
  readonly resume: boolean;
}

export interface AblationObserver extends DrillObserver {
  /** `most`: as many sides as there can be at all. */
  stepBegins(name: string, done: number, most: number): void;
  /** What is in the folder of this side is not of this run, and why: it is run anew. */
  stepPassedOver(name: string, because: string): void;
  stepEnds(found: SideFound): void;
}

/** A side that was not sound is run so often. */
const attempts = 2;

/** Runs what is lacking and returns the account of all. `signal` aborts: what there is by then is told, and why it ended. */
export async function ablate(
  options: AblationOptions,
  observer: AblationObserver,
  signal: AbortSignal,
): Promise<Ablation> {
  const { table, times, drill } = options;
  const most = mostSteps(table, times);
  const seen = new Map<string, SideFound>();
  let stopped: string | null = null;
  makeFolder(drill.out);
  for (let done = 0; done < most && stopped === null; done++) {
    const step = nextStep(table, times, seen);
    if (step === undefined) break;
    const name = nameOfStep(step);
    let found = options.resume ? taken(options, step, observer) : undefined;
    if (found === undefined) {
      observer.stepBegins(name, done, most);
      const ran = await runStep(options, step, observer, signal);
      if ("stopped" in ran) stopped = ran.stopped;
      else found = ran;
    }
    if (found !== undefined) {
      seen.set(name, found);
      observer.stepEnds(found);
    }
    write(options, seen, stopped);
  }
  return accountOf(table, times, drill, seen, stopped);
}

/** The side, if an earlier run has made it; says why not where something else is in its place. */
function taken(options: AblationOptions, step: Step, observer: AblationObserver): SideFound | undefined {
  const before = foundBefore(optionsFor(options, step), step);
  if (before.kind === "other") observer.stepPassedOver(nameOfStep(step), before.because);
  return before.kind === "found" ? before.found : undefined;
}

function write({ table, times, drill }: AblationOptions, seen: Seen, stopped: string | null): void {
  const account = accountOf(table, times, drill, seen, stopped);
  writeFileSync(join(drill.out, "ablation.json"), `${JSON.stringify(account, null, 2)}\n`);
}

/** One side to its end. `stopped`: it was cut short, or could not be run at all. */
async function runStep(
  options: AblationOptions,
  step: Step,
  observer: AblationObserver,
  signal: AbortSignal,
): Promise<SideFound | { readonly stopped: string }> {
  let last: SideFound | undefined;
  let reason = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    const outcome = await runDrill(optionsFor(options, step), observer, signal);
    if (signal.aborted) return { stopped: outcome.kind === "judged" ? outcome.result.reason : outcome.reason };
    if (outcome.kind === "preflight-failed") {
      ({ reason } = outcome);
      continue;
    }
    last = foundIn(outcome.result, step);
    if (last.isSound) return last;
  }
  return last ?? { stopped: reason };
}

/** The drill that makes this side, with the baseline of its variant beside it where there is one. */
function optionsFor(options: AblationOptions, step: Step): DrillOptions {
  const { drill } = options;
  const isBaseline = step.side === "baseline";
  const base: DrillOptions = {
    ...drill,
    variant: variantFor(options, step),
    sides: [isBaseline ? drill.baseline : drill.candidate],
    disabled: step.without,
    borrowed: [],
    out: join(drill.out, nameOfStep(step)),
  };
  const baseline = isBaseline ? undefined : baselineOf(options, step.variant);
  return baseline === undefined ? base : { ...base, borrowed: [baseline] };
}

/** The variant, held to the same limits whatever is taken away: what a protection promised does not go with it. */
function variantFor({ table, drill: { drill } }: AblationOptions, { variant: id }: Step): Variant {
  const variant = drill.variants.find((known) => known.id === id);
  if (variant === undefined) throw new Error(`${drill.id} has no variant ${id}`);
  const limits = limitsIn(table, id, variant.limits([]));
  return { ...variant, limits: () => limits };
}

/** The baseline of a variant, from its files: a run that is taken up has no other. A lost one leaves the candidate alone. */
function baselineOf({ drill }: AblationOptions, variant: string): SideRun | undefined {
  const folder = nameOfStep({ variant, side: "baseline", without: [], run: 1 });
  const read = readHistory(join(drill.out, folder), drill.baseline);
  if (read === undefined) return undefined;
  return { preset: drill.baseline, disabled: disabledIn(drill.baseline, []), history: read.history };
}
