/**
 * The same drill again and again: is the verdict the same each time, and how far do the times spread? The baseline is run
 * with the first two; the rest run the candidate alone and are judged against the baseline of the first, because what
 * varies from run to run is the candidate's answer, and the baseline costs as much time.
 */
import type { SideRun } from "@cordon/measure";
import type { Result } from "@cordon/model";
import type { DrillOptions } from "./drill-options.ts";
import { runDrill, type DrillObserver } from "./run.ts";

export interface Repeated {
  readonly results: readonly Result[];
  /** A run that did not get as far as a fault ends the series. */
  readonly stopped: string | null;
}

export interface RepeatObserver extends DrillObserver {
  runEnds(number: number, result: Result): void;
}

/** Runs that have both sides. */
export const fullRuns = 2;

export async function repeatDrill(
  options: DrillOptions,
  times: number,
  observer: RepeatObserver,
  signal: AbortSignal,
): Promise<Repeated> {
  const results: Result[] = [];
  let baseline: SideRun | undefined;
  for (let number = 1; number <= times; number++) {
    const borrowed = number > fullRuns && baseline !== undefined ? [baseline] : [];
    const outcome = await runDrill(
      {
        ...options,
        seed: `${options.seed}-${number}`,
        out: `${options.out}-${number}`,
        borrowed,
        sides: borrowed.length > 0 ? [options.candidate] : options.sides,
      },
      observer,
      signal,
    );
    if (outcome.kind === "preflight-failed") return { results, stopped: outcome.reason };
    baseline ??= outcome.runs.find(({ preset }) => preset === options.baseline);
    results.push(outcome.result);
    observer.runEnds(number, outcome.result);
    if (outcome.result.verdict === "aborted") return { results, stopped: outcome.result.reason };
  }
  return { results, stopped: null };
}

/** Limits the candidate broke in a run, in the order of the drill. */
export const brokenBy = (result: Result): readonly string[] =>
  (result.sides.find(({ preset }) => preset === result.candidate)?.limits ?? [])
    .filter(({ held }) => !held)
    .map(({ id }) => id);

/** Smallest, middle and largest of the candidate's times over all runs, milliseconds; runs without one are counted. */
export interface Spread {
  readonly id: "ttdMs" | "ttiMs" | "failoverMs" | "ttrMs";
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
  readonly missing: number;
}

export function spreadsOf(results: readonly Result[]): readonly Spread[] {
  return (["ttdMs", "ttiMs", "failoverMs", "ttrMs"] as const).map((id) => {
    const times = results
      .map((result) => result.sides.find(({ preset }) => preset === result.candidate)?.[id] ?? null)
      .filter((time) => time !== null)
      .toSorted((a, b) => a - b);
    return {
      id,
      min: times[0] ?? null,
      median: times[Math.floor(times.length / 2)] ?? null,
      max: times.at(-1) ?? null,
      missing: results.length - times.length,
    };
  });
}
