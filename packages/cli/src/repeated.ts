/**
 * What a series of runs came to, counted once for the text and for the JSON: the outcome of each run, how many ended as the
 * first did, and how far the candidate's times spread. The JSON is a contract (docs/schema): keys are only ever added.
 */
import { brokenBy, spreadsOf } from "@cordon/drill";
import type { Result } from "@cordon/model";

export interface Repeated {
  /** Runs that were asked for. */
  readonly times: number;
  /** Runs that ended as the first did. */
  readonly same: number;
  /** Of each run, in order: its verdict, and the ids of the limits its candidate broke. */
  readonly outcomes: readonly string[];
  readonly spreads: ReturnType<typeof spreadsOf>;
  /** Why the series ended early; null when it did not. */
  readonly stopped: string | null;
}

export function repeatedOf(results: readonly Result[], times: number, stopped: string | null): Repeated {
  const outcomes = results.map((result) => `${result.verdict} ${brokenBy(result).join(" ")}`.trim());
  const same = outcomes.filter((outcome) => outcome === outcomes[0]).length;
  return { times, same, outcomes, spreads: spreadsOf(results), stopped };
}

export const repeatedJson = (repeated: Repeated): string =>
  JSON.stringify({ schema: "cordon.drill-repeat/1", ...repeated });
