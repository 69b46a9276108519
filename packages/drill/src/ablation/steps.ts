/**
 * Which sides an ablation runs, and in which order: in each variant the baseline once, the candidate with everything, then
 * the candidate with each protection taken away alone, and with everything again after every few of those and after the last,
 * so that each stands between two runs with everything (cost.ts says what for); at last the named pairs of those that nobody
 * missed. They are run in rounds, so that more of them begin with the same sides as fewer do. It is a function
 * of what was seen so far, so that a run that was cut short goes on where it was. Every side has a name of its own, and the
 * table is finite: so is the list.
 */
import type { LimitSpec } from "@cordon/measure";
import type { ProtectionId } from "@cordon/model";
import { missedAlone, type Seen } from "./judge.ts";
import { nameOfStep, type Step } from "./step.ts";
import { sharedVariants, variantsOf, type AblationTable } from "./table.ts";

const candidate = (variant: string, without: readonly ProtectionId[], run: number): Step => ({
  variant,
  side: "candidate",
  without,
  run,
});

const rounds = (times: number): readonly number[] => Array.from({ length: times }, (_, index) => index + 1);

/** Sides without a protection that are run between two with everything, at most. */
const sidesBetweenWhole = 4;

const chunks = <Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / most) }, (_, index) => items.slice(index * most, (index + 1) * most));

/** The sides that are run whatever comes of them. `times`: how often each is without a protection; with everything oftener. */
export const firstSteps = (table: AblationTable, times: number): readonly Step[] =>
  variantsOf(table).flatMap((variant) => [
    { variant, side: "baseline" as const, without: [], run: 1 },
    candidate(variant, [], 1),
    ...rounds(times)
      .flatMap((run) => chunks(alone(table, variant, run), sidesBetweenWhole))
      .flatMap((steps, index) => [...steps, candidate(variant, [], index + 2)]),
  ]);

/** A round of a variant: each of its protections taken away once. */
const alone = ({ protections }: AblationTable, variant: string, run: number): readonly Step[] =>
  protections.filter(({ variants }) => variants.includes(variant)).map(({ id }) => candidate(variant, [id], run));

/** The sides for the pairs of those that are not missed alone, as far as that is known. */
export function pairSteps(table: AblationTable, times: number, seen: Seen): readonly Step[] {
  const isMissed = (id: ProtectionId): boolean => missedAlone(table, id, seen).length > 0;
  return table.backstops
    .filter(({ pair }) => pair.some((id) => isTried(table, id) && !isMissed(id)))
    .flatMap(({ pair }) =>
      sharedVariants(table, pair).flatMap((variant) => rounds(times).map((run) => candidate(variant, pair, run))),
    );
}

const isTried = ({ protections }: AblationTable, id: ProtectionId): boolean => protections.some((row) => row.id === id);

/** The side that is run next; undefined when all are there. The pairs wait until it is known who is missed alone. */
export function nextStep(table: AblationTable, times: number, seen: Seen): Step | undefined {
  const isLacking = (step: Step): boolean => !seen.has(nameOfStep(step));
  return firstSteps(table, times).find(isLacking) ?? pairSteps(table, times, seen).find(isLacking);
}

/** The sides there can be at most, with every pair. */
export const mostSteps = (table: AblationTable, times: number): number =>
  firstSteps(table, times).length + pairSteps(table, times, new Map()).length;

/** The limits of every side of a variant: the drill's own for a candidate with everything, and what the table adds. */
export function limitsIn(table: AblationTable, variant: string, own: readonly LimitSpec[]): readonly LimitSpec[] {
  const ids = new Set(own.map(({ id }) => id));
  return [...own, ...(table.alsoHeld[variant] ?? []).filter(({ id }) => !ids.has(id))];
}
