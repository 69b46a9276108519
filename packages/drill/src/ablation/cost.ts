/**
 * What a protection costs: how much less CPU a side takes without it. The host's own speed drifts over an ablation by more
 * than a protection costs, so a side is compared with the runs with everything just before and just after it in time, never
 * with one at the beginning. How far two successive ones of those lie apart is what the host does by itself: the noise, below
 * which a cost says nothing. While the host drifts one way only, a cost is off by half the noise at most. Shares are of all
 * cores, 0..1; differences of them may be negative.
 */

/** One sound run of a side, as far as its CPU goes. */
export interface CpuRun {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null where it cannot be told. */
  readonly ownShare: number | null;
}

/** In one variant. */
export interface VariantCost {
  readonly variant: string;
  /** With everything: the mean of the runs before and after each side without it. */
  readonly withShare: number;
  /** The mean of the sides without it. */
  readonly withoutShare: number;
  /** The largest difference of two successive runs with everything. */
  readonly noiseShare: number;
}

/** Over all variants of a protection: the means of theirs. */
export interface Cost {
  /** With it less without it: below nothing, it saves. */
  readonly share: number;
  readonly noiseShare: number;
  /** Whether the host alone may have made it. */
  readonly isWithinNoise: boolean;
  readonly variants: readonly VariantCost[];
}

/** Null: in no variant is a run without it known that has a run with everything before it and one after it. */
export function costOver(variants: readonly VariantCost[]): Cost | null {
  if (variants.length === 0) return null;
  const share = mean(variants.map(({ withShare, withoutShare }) => withShare - withoutShare));
  const noiseShare = mean(variants.map((one) => one.noiseShare));
  return { share, noiseShare, isWithinNoise: Math.abs(share) <= noiseShare, variants };
}

/** Of the sound runs of one variant, `whole` with everything; null as for `costOver`. */
export function costIn(variant: string, whole: readonly CpuRun[], without: readonly CpuRun[]): VariantCost | null {
  const line = timed(whole).toSorted((a, b) => a.atMs - b.atMs);
  const beside = timed(without).flatMap(({ atMs, share }) => {
    const before = line.findLast((one) => one.atMs < atMs);
    const after = line.find((one) => one.atMs > atMs);
    return before === undefined || after === undefined ? [] : [{ whole: mean([before.share, after.share]), share }];
  });
  if (beside.length === 0) return null;
  const apart = line.flatMap(({ share }, index) => {
    const next = line[index + 1];
    return next === undefined ? [] : [Math.abs(next.share - share)];
  });
  return {
    variant,
    withShare: mean(beside.map((one) => one.whole)),
    withoutShare: mean(beside.map(({ share }) => share)),
    noiseShare: Math.max(...apart),
  };
}

const timed = (runs: readonly CpuRun[]): readonly { readonly atMs: number; readonly share: number }[] =>
  runs.flatMap(({ startedAt, ownShare }) =>
    ownShare === null ? [] : [{ atMs: Date.parse(startedAt), share: ownShare }],
  );

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
