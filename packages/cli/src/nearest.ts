/** The known word nearest to a wrong one, by edit distance and then by how it begins; undefined when nothing is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, steps: distance(word, candidate) }))
    .toSorted((a, b) => a.steps - b.steps || beginsSo(b.candidate, word) - beginsSo(a.candidate, word));
  const [best] = ranked;
  return best !== undefined && best.steps <= Math.max(2, best.candidate.length / 2) ? best.candidate : undefined;
}

const beginsSo = (candidate: string, word: string): number => Number(candidate.startsWith(word));

/** Levenshtein distance, row by row. Words longer than 100 characters are cut: nobody mistypes that far. */
function distance(a: string, b: string): number {
  const [from, to] = [a.slice(0, 100), b.slice(0, 100)];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const change = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
