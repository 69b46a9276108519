/**
 * Text in 80 columns: what is printed for a person is broken between words, never cut, and continues under where it began.
 */

const columns = 80;

/** `words` after `lead`, broken into lines; the lines after the first are indented by the length of `lead`. */
export function wrapped(lead: string, words: string): string {
  const indent = " ".repeat(lead.length);
  const lines: string[] = [];
  let line = lead;
  for (const word of words.split(" ")) {
    const isBegun = line.length > indent.length;
    if (isBegun && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line += isBegun ? ` ${word}` : word;
  }
  return [...lines, line].map((text) => text.trimEnd()).join("\n");
}
