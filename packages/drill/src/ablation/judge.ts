/**
 * What the sides of an ablation say of each protection. One is missed alone when without it a limit breaks that is held with
 * everything. One that is not may have a backstop: it is missed with that one when without both a limit breaks that neither
 * absence breaks by itself. What is neither is redundant here: in this drill, with these limits, which is no judgement on any
 * other; what it costs is told, and what was measured. A side counts only when it was sound: of several runs of one the
 * limits count that more than half of the sound ones broke; without a sound one nothing is known, and that is said.
 */
import type { ProtectionId, Result, Side } from "@cordon/model";
import { costIn, costOver, type Cost } from "./cost.ts";
import { nameOfStep, type Step } from "./step.ts";
import { sharedVariants, type AblationTable } from "./table.ts";

/** What is kept of one side; shares 0..1, times ms. */
export interface SideFound {
  readonly name: string;
  readonly step: Step;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly verdict: Result["verdict"];
  readonly reason: string;
  /** Whether its broken limits say anything: it was not invalid. */
  readonly isSound: boolean;
  /** Ids. */
  readonly broken: readonly string[];
  /** Null: the side was lost. */
  readonly figures: Figures | null;
  /** Mean share of all cores that the side's own processes took; null where it cannot be told. */
  readonly ownShare: number | null;
}

export interface Figures {
  readonly hurtOutside: number;
  readonly hurtInside: number;
  readonly mailDelayOutsideP95Ms: number | null;
  readonly ttdMs: number | null;
  readonly ttiMs: number | null;
  readonly failoverMs: number | null;
  readonly ttrMs: number | null;
  readonly amplification: number | null;
}

export const figuresOf = ({ hurt, mail, ttdMs, ttiMs, failoverMs, ttrMs, amplification }: Side): Figures => ({
  hurtOutside: hurt.outside,
  hurtInside: hurt.inside,
  mailDelayOutsideP95Ms: mail.delayMs.outside.p95,
  ttdMs,
  ttiMs,
  failoverMs,
  ttrMs,
  amplification,
});

/** Sides by their names. */
export type Seen = ReadonlyMap<string, SideFound>;

export interface Broken {
  readonly variant: string;
  /** Ids of limits. */
  readonly limits: readonly string[];
}

export type Judgement =
  | { readonly kind: "missed alone"; readonly broke: readonly Broken[] }
  | { readonly kind: "missed with"; readonly other: ProtectionId; readonly broke: readonly Broken[] }
  | { readonly kind: "redundant here" }
  /** A side that it takes has not been run, or was not sound. */
  | { readonly kind: "not known"; readonly because: string };

export interface Judged {
  readonly id: ProtectionId;
  readonly variants: readonly string[];
  readonly judgement: Judgement;
  /** Of `cost`: CPU with it less CPU without it, share of all cores. Null: not known. */
  readonly costShare: number | null;
  /** Null: not known. */
  readonly cost: Cost | null;
}

/** The judgement on each protection of the table, in its order. */
export const judgeAblation = (table: AblationTable, seen: Seen): readonly Judged[] =>
  table.protections.map(({ id, variants }) => {
    const cost = costOf(id, variants, seen);
    return {
      id,
      variants,
      judgement: judgementOf(table, id, variants, seen),
      costShare: cost === null ? null : cost.share,
      cost,
    };
  });

function judgementOf(table: AblationTable, id: ProtectionId, variants: readonly string[], seen: Seen): Judgement {
  const alone = missedAlone(table, id, seen);
  if (alone.length > 0) return { kind: "missed alone", broke: alone };
  const pairs = table.backstops.filter(({ pair }) => pair.includes(id)).map(({ pair }) => pair);
  for (const pair of pairs) {
    const broke = sharedVariants(table, pair).flatMap((variant) => brokenByBoth(variant, pair, seen));
    const [other] = pair.filter((one) => one !== id);
    if (broke.length > 0 && other !== undefined) return { kind: "missed with", other, broke };
  }
  const wanted = [
    ...variants.flatMap((variant) => [[variant, []] as const, [variant, [id]] as const]),
    ...pairs.flatMap((pair) => sharedVariants(table, pair).map((variant) => [variant, pair] as const)),
  ];
  const lacking = wanted.find(([variant, without]) => soundRuns(variant, without, seen).length === 0);
  if (lacking === undefined) return { kind: "redundant here" };
  const [variant, without] = lacking;
  const what = without.length === 0 ? "with everything" : `without ${without.join(" and ")}`;
  return { kind: "not known", because: `no sound run ${what} in ${variant}` };
}

/** Where the absence of one protection breaks what is held with everything, and which limits. */
export const missedAlone = ({ protections }: AblationTable, id: ProtectionId, seen: Seen): readonly Broken[] =>
  (protections.find((row) => row.id === id)?.variants ?? []).flatMap((variant) =>
    newlyBroken(variant, [id], [[]], seen),
  );

const brokenByBoth = (variant: string, pair: readonly ProtectionId[], seen: Seen): readonly Broken[] =>
  newlyBroken(variant, pair, [[], ...pair.map((id) => [id])], seen);

/** Limits that break without `without` and with none of `others`, each of which must be known. */
function newlyBroken(
  variant: string,
  without: readonly ProtectionId[],
  others: readonly (readonly ProtectionId[])[],
  seen: Seen,
): readonly Broken[] {
  const before = others.map((other) => brokenIn(variant, other, seen));
  const now = brokenIn(variant, without, seen);
  if (now === undefined || before.includes(undefined)) return [];
  const limits = now.filter((limit) => !before.some((broken) => broken?.includes(limit)));
  return limits.length === 0 ? [] : [{ variant, limits }];
}

/** Limits that more than half of the sound runs broke; undefined when there is none. */
export function brokenIn(variant: string, without: readonly ProtectionId[], seen: Seen): readonly string[] | undefined {
  const runs = soundRuns(variant, without, seen);
  if (runs.length === 0) return undefined;
  const ids = new Set(runs.flatMap(({ broken }) => broken));
  return [...ids].filter((id) => runs.filter(({ broken }) => broken.includes(id)).length * 2 > runs.length);
}

/** Every run there was of the candidate without these. */
export const runsOf = (variant: string, without: readonly ProtectionId[], seen: Seen): readonly SideFound[] => {
  const first = nameOfStep({ variant, side: "candidate", without, run: 1 });
  const stem = first.slice(0, -1);
  return [...seen.values()].filter(({ name }) => name.startsWith(stem) && /^\d+$/.test(name.slice(stem.length)));
};

const soundRuns = (variant: string, without: readonly ProtectionId[], seen: Seen): readonly SideFound[] =>
  runsOf(variant, without, seen).filter(({ isSound }) => isSound);

const costOf = (id: ProtectionId, variants: readonly string[], seen: Seen): Cost | null =>
  costOver(
    variants.flatMap((variant) => {
      const cost = costIn(variant, soundRuns(variant, [], seen), soundRuns(variant, [id], seen));
      return cost === null ? [] : [cost];
    }),
  );
