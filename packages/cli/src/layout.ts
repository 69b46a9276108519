/**
 * Text in columns: what is printed for a person is broken between words, never cut, and continues under where it began.
 */

/** How wide a line is where no terminal says it. */
export const columns = 80;
/** A line is never broken for less, however narrow a terminal says it is. */
const fewestColumns = 40;

/** How wide a line may be: as wide as the terminal, and 80 where there is none. */
export const columnsOf = ({ isTTY, columns: wide }: { isTTY?: boolean; columns?: number }): number =>
  isTTY === true && wide !== undefined ? Math.max(fewestColumns, wide) : columns;

/** `words` after `lead` in 80 columns. */
export const wrapped = (lead: string, words: string): string => wrappedTo(columns, lead, words);

/** `words` after `lead`, broken into lines; the lines after the first are indented by the length of `lead`. */
export function wrappedTo(wide: number, lead: string, words: string): string {
  const indent = " ".repeat(lead.length);
  const lines: string[] = [];
  let line = lead;
  for (const word of words.split(" ")) {
    const isBegun = line.length > indent.length;
    if (isBegun && line.length + 1 + word.length > wide) {
      lines.push(line);
      line = indent + word;
    } else line += isBegun ? ` ${word}` : word;
  }
  return [...lines, line].map((text) => text.trimEnd()).join("\n");
}
