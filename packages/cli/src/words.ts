/** A word nobody knows, refused: with the word that was probably meant, and all that would have been right. */
import { endings, Refusal } from "./exit.ts";
import { wrapped } from "./layout.ts";
import { nearest } from "./nearest.ts";

/** `what` is what the word should have named; `also` are words that would have been right in its place for another reason. */
export function unknownWord(
  what: string,
  word: string,
  known: readonly string[],
  also: readonly string[] = [],
): Refusal {
  const guess = nearest(word, [...known, ...also]);
  const hint = guess === undefined ? "" : `; did you mean '${guess}'?`;
  return new Refusal(`there is no ${what} '${word}'${hint}\n${wrapped("known: ", known.join(", "))}`, endings.usage);
}
