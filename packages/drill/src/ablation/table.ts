/**
 * What the ablation of the flagship asks: in which variants each protection is taken away, which limits are asked of it beyond
 * the drill's own, and which two protections are each other's backstop. It was written down before any run of it, so that a
 * protection is judged by what it is for and not by where it happened to show. A protection is tried where the failure it is
 * made for happens: against a whole partition, or against one role instance of two.
 */
import type { LimitSpec } from "@cordon/measure";
import type { ProtectionId } from "@cordon/model";

export interface AblatedProtection {
  readonly id: ProtectionId;
  /** Ids of variants of the drill. */
  readonly variants: readonly string[];
  /** Why there: the harm that it is made for. */
  readonly because: string;
}

export interface Backstop {
  readonly pair: readonly [ProtectionId, ProtectionId];
  /** What both bound, so that either may hide the other's absence. */
  readonly because: string;
}

export interface AblationTable {
  /** Id of the drill. */
  readonly drill: string;
  readonly protections: readonly AblatedProtection[];
  readonly backstops: readonly Backstop[];
  /** Variant -> limits that every side of it is held to beside its own; of an id that it has already, its own stands. */
  readonly alsoHeld: Readonly<Record<string, readonly LimitSpec[]>>;
}

const whole = ["partition", "verify-only"] as const;
const single = ["instance", "intermittent"] as const;

export const flagshipAblation: AblationTable = {
  drill: "2014-06-directory-partition",
  protections: [
    { id: "deadline", variants: whole, because: "without it a call waits for a partition that never answers" },
    {
      id: "bulkhead",
      variants: ["partition"],
      because: "without it one partition's calls fill what all callers share",
    },
    {
      id: "breaker",
      variants: ["partition", "intermittent"],
      because: "without it an instance that fails is asked on",
    },
    { id: "retry-budget", variants: ["partition", "intermittent"], because: "without it every failure is asked again" },
    { id: "hedge", variants: single, because: "without it a user waits for the one instance that was asked" },
    {
      id: "ejection",
      variants: single,
      because: "without it the worse of two instances is asked as often as the other",
    },
    {
      id: "isolation",
      variants: [...whole, "instance"],
      because: "without it every call finds out by itself that a partition is gone",
    },
    { id: "failover", variants: whole, because: "without it the failed partition's users wait for the fault to end" },
    { id: "fence", variants: ["instance"], because: "without it a stopped process stays, and holds what it held" },
    { id: "fallback", variants: whole, because: "without it the failed partition's users cannot sign in meanwhile" },
    { id: "admission", variants: ["partition"], because: "without it nobody is asked for a recipient at the door" },
    { id: "lanes", variants: whole, because: "without them one partition's mail waits in front of the others'" },
    { id: "ramp", variants: ["partition"], because: "without it a parked lane goes off all at once" },
  ],
  backstops: [
    { pair: ["breaker", "bulkhead"], because: "both bound what a silent partition holds of a caller" },
    { pair: ["deadline", "bulkhead"], because: "a call ends, or there are few of them: either frees the caller" },
    { pair: ["breaker", "isolation"], because: "both stop asking: for one instance, and for the whole partition" },
    { pair: ["retry-budget", "isolation"], because: "what is isolated is not asked again either" },
    { pair: ["breaker", "ejection"], because: "both keep an instance out that fails" },
    {
      pair: ["ejection", "isolation"],
      because: "with either of them canaries judge the instances; with none nobody does",
    },
    { pair: ["ejection", "hedge"], because: "a second instance is asked instead of the first, or beside it" },
    { pair: ["ejection", "fence"], because: "a stopped instance is passed over, or is replaced" },
    { pair: ["lanes", "isolation"], because: "a shared queue is only held up by look-ups that wait" },
    { pair: ["lanes", "deadline"], because: "a look-up that ends soon gives its slot back soon" },
    { pair: ["ramp", "bulkhead"], because: "what a lane lets go at once is bounded at the partition all the same" },
  ],
  // The drill promises the failed partition's users nothing but a failover; the fallback is there for them alone.
  alsoHeld: {
    partition: [{ id: "sign-in-success-inside", limit: 0.9 }],
    "verify-only": [{ id: "sign-in-success-inside", limit: 0.9 }],
  },
};

/** The variants of the table, in the order in which they come first. */
export const variantsOf = ({ protections }: AblationTable): readonly string[] => [
  ...new Set(protections.flatMap(({ variants }) => variants)),
];

/** Where both are tried alone: only there it is known what the pair adds. */
export function sharedVariants({ protections }: AblationTable, pair: readonly ProtectionId[]): readonly string[] {
  const [one = [], ...others] = pair.map((id) => protections.find((row) => row.id === id)?.variants ?? []);
  return one.filter((variant) => others.every((variants) => variants.includes(variant)));
}
