/**
 * Exact percentiles by nearest rank: the smallest value with at least that share of all values at or below it, so each
 * figure is a value that was measured. A tail read from too few samples measures the scheduler of a small machine and
 * not the service, so a percentile without enough samples is null, and a limit on it is broken rather than guessed.
 */
import type { Pct } from "@cordon/model";

/** The fewest samples each percentile may be read from: twenty values lie beyond a p99, five beyond a p95, one beyond a p99.9. */
export const minSamples = { p50: 1, p95: 100, p99: 2_000, p999: 1_000 } as const;

/** The value at nearest rank of a list in any order; null where it has fewer values than `fewest`. */
export const percentileOf = (values: readonly number[], share: number, fewest: number): number | null =>
  atRank(Float64Array.from(values).toSorted(), share, fewest);

/** The percentiles of a list in any order, milliseconds. */
export function percentiles(values: readonly number[]): Pct {
  const ascending = Float64Array.from(values).toSorted();
  return {
    samples: ascending.length,
    p50: atRank(ascending, 0.5, minSamples.p50),
    p95: atRank(ascending, 0.95, minSamples.p95),
    p99: atRank(ascending, 0.99, minSamples.p99),
    max: ascending.at(-1) ?? null,
  };
}

/** The rank is read to nine digits: 0.95 of 100 is the 95th value, whatever binary fractions make of the product. */
const atRank = (ascending: Float64Array, share: number, fewest: number): number | null =>
  ascending.length < fewest
    ? null
    : (ascending[Math.max(1, Math.ceil(Math.round(ascending.length * share * 1e9) / 1e9)) - 1] ?? null);
