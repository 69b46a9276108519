/**
 * Contestants measured in turn, round after round, each round beginning with another of them: whatever the host does
 * meanwhile falls on all. A figure is the median of its rounds, so that one disturbed round does not move it, and what a
 * contestant costs over its reference is the median of the differences within each round.
 */

/** What one round of one contestant gave, by the name of the figure. */
export type Reading = Readonly<Record<string, number>>;

export interface Contestant {
  readonly name: string;
  /** Exactly what is measured in it, for the reader. */
  readonly contains: string;
  /** Name of the contestant it is compared with; undefined for one that is such a reference itself. */
  readonly reference: string | undefined;
  /** One round. */
  measure(): Promise<Reading>;
}

export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Median of the differences to the reference in the same round; null without one. */
  readonly over: number | null;
}

export interface Row {
  readonly name: string;
  readonly contains: string;
  readonly reference: string | null;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** How many rounds a bench takes: what `--rounds` asks for in `words`, and else its `own` number. */
export function roundsOf(words: readonly string[], own: number): number {
  const at = words.indexOf("--rounds");
  return at === -1 ? own : Number(words[at + 1]);
}

/** Runs `rounds` rounds, after one that only warms up; `cold`: without that one. */
export async function measureRounds(
  contestants: readonly Contestant[],
  rounds: number,
  start: "warm" | "cold" = "warm",
): Promise<readonly Row[]> {
  if (start === "warm") for (const contestant of contestants) await contestant.measure();
  const readings = new Map<string, Reading[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const turned = [
      ...contestants.slice(round % contestants.length),
      ...contestants.slice(0, round % contestants.length),
    ];
    for (const contestant of turned) readings.get(contestant.name)?.push(await contestant.measure());
  }
  return contestants.map((contestant) => rowOf(contestant, readings));
}

export function rowOf(
  { name, contains, reference }: Omit<Contestant, "measure">,
  readings: ReadonlyMap<string, readonly Reading[]>,
): Row {
  const own = readings.get(name) ?? [];
  const base = reference === undefined ? undefined : readings.get(reference);
  const figures = Object.keys(own[0] ?? {}).map((figure) => {
    const values = own.map((reading) => reading[figure] ?? Number.NaN);
    const over = base?.map((reading, round) => (values[round] ?? Number.NaN) - (reading[figure] ?? Number.NaN));
    return [figure, { ...spreadOf(values), over: over === undefined ? null : median(over) }] as const;
  });
  return { name, contains, reference: reference ?? null, figures: Object.fromEntries(figures) };
}

const spreadOf = (values: readonly number[]): Omit<Figure, "over"> => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** The middle one; of an even number the lower of the two in the middle. */
export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
