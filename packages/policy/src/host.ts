/**
 * Whether what a caller sees is the partitions' doing or its own, or the host's. A caller that is starved of CPU, or
 * cut off, sees every partition grow late together; acting on that would turn one bad moment into the outage of all.
 * One partition late is that partition, however few there are: both rules need at least two to agree.
 * Invariants: with one partition dead of four nothing here stands in the way of isolating it; the answer depends on
 * counts alone, not on their order.
 */
import type { Colour } from "@cordon/model";

/**
 * What a caller sees of one partition. `late`: at some role instance a call is in flight too long, or the last one to end
 * was missed; between two calls to a silent instance nothing is in flight, and it is no less late for that.
 */
export interface PartitionSign {
  readonly late: boolean;
  readonly colour: Colour;
}

export interface HostJudgement {
  /** At least the share of partitions is late at once: nobody turns red newly. */
  readonly hostSlow: boolean;
  /** More than half of the partitions are red: the caller isolates nobody new on its own evidence. */
  readonly suspectsItself: boolean;
}

const several = 2;

/** Judges from the signs of all partitions of one caller; `hostSlowShare` is 0 .. 1 of them. */
export function judgeHost(signs: readonly PartitionSign[], hostSlowShare: number): HostJudgement {
  const late = signs.filter((sign) => sign.late).length;
  const red = signs.filter((sign) => sign.colour === "red").length;
  return {
    hostSlow: late >= several && late >= hostSlowShare * signs.length,
    suspectsItself: red >= several && red * 2 > signs.length,
  };
}
