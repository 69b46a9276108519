/**
 * Where something stands in our source: the lines of a declaration, found by its name when it is asked for, so that a lesson
 * that points into the code is never out of date. The source is formatted, so indentation says where a declaration ends.
 */

/** Lines of a file, both included, counted from 1. */
export interface LineSpan {
  readonly from: number;
  readonly to: number;
}

/** The lines of the function, constant, class or type named `symbol`; undefined when there is none. */
export function declarationIn(source: string, symbol: string): LineSpan | undefined {
  const lines = source.split("\n");
  const declares = new RegExp(`^\\s*(?:export )?(?:async )?(?:function|const|class|interface|type) ${symbol}\\b`);
  const first = lines.findIndex((line) => declares.test(line));
  const declaration = lines[first];
  if (declaration === undefined) return undefined;
  const own = indentOf(declaration);
  let last = first;
  for (let at = first + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    const closes = indentOf(line) === own && /^\s*[\])}]/.test(line);
    if (indentOf(line) <= own && !closes) break;
    last = at;
  }
  return { from: first + 1, to: last + 1 };
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
