/**
 * The game day: the same drill with a person in the place of the protections that act on a partition. What fails is drawn
 * by the seed, so that nobody at the table knows it; everything that would contain it without a person is taken away
 * (deadline, bulkhead and breaker too: without them the failure spreads, as in June 2014, and there is somebody to save),
 * and the lanes and the fallback stay, so that an order has something to act on. The fault ends with its lease, whatever
 * is ordered. Invariants: the same seed draws the same; no promise of a machine's speed is held against a person.
 */
import { limitsOf } from "@cordon/measure";
import { coin, type Event, type PartitionId, type ProtectionId } from "@cordon/model";
import type { Drill, Profile, Variant } from "./drill.ts";

/** What a side with an operator goes without. */
export const leftToTheOperator: readonly ProtectionId[] = [
  "deadline",
  "bulkhead",
  "breaker",
  "ejection",
  "isolation",
  "fence",
  "failover",
];

/** People need minutes: how long the fault stands and what follows it, unless a setting says otherwise. */
export const handsOnSeconds = { faultSeconds: 300, recoverySeconds: 30 } as const;

/** The name of a variant in a result that must not tell which was drawn. */
export const drawnVariant = "drawn";

export interface Drawn {
  /** The drill, aimed at the partition that was drawn. */
  readonly drill: Drill;
  readonly variant: Variant;
}

/** What fails and where. `chosen`: the variant a facilitator asked for; undefined draws that too, among `possible` ones. */
export function drawHandsOn(
  drill: Drill,
  partitions: readonly PartitionId[],
  chosen: Variant | undefined,
  possible: readonly Variant[],
  seed: string,
): Drawn {
  const pick = <T>(of: readonly T[], what: string, otherwise: T): T =>
    of[Math.floor(coin(seed, "hands-on", what) * of.length)] ?? otherwise;
  const partition = pick(partitions, "partition", drill.failedPartition);
  const variant = chosen ?? pick(possible, "variant", drill.variants[0]);
  const aim = (one: Variant): Variant => aimedAt(one, drill.failedPartition, partition);
  const [first, ...others] = drill.variants;
  const variants: Drill["variants"] = [aim(first), ...others.map(aim)];
  return { drill: { ...drill, failedPartition: partition, variants }, variant: aim(variant) };
}

/** Variants that a lab of this size, on this host, can go through. */
export const possibleVariants = (drill: Drill, { roleInstances }: Profile, canFreeze: boolean): readonly Variant[] =>
  drill.variants.filter(
    ({ failedUnit, fault }) =>
      (failedUnit === "partition" || roleInstances > 1) && (canFreeze || fault.kind !== "frozen-instance"),
  );

/** The variant with another partition in the place of `from`, in its words too: `p3a` becomes `p1a`. */
function aimedAt(variant: Variant, from: PartitionId, to: PartitionId): Variant {
  const aimed = (text: string): string => text.replaceAll(new RegExp(`\\b${from}(?!\\d)`, "g"), to);
  const { instance, ...detector } = variant.detector;
  return {
    ...variant,
    injected: aimed(variant.injected),
    removed: aimed(variant.removed),
    detector: { ...detector, partition: to, ...(instance === undefined ? {} : { instance: aimed(instance) }) },
    // A time a machine is held to is none for a person.
    limits: (disabled) => variant.limits(disabled).filter((limit) => limitsOf([limit])[0]?.class !== "mechanism"),
  };
}

/** Whether the event is an order that finds what failed. */
export const isRightOrder = ({ kind, partition }: Event, failed: PartitionId): boolean =>
  (kind === "operator-isolated" || kind === "operator-failed-over") && partition === failed;
