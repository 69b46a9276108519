/**
 * Reads the tables of a markdown document, so that a test can hold them to the code. A name in a table may stand for
 * several, `{windowMs,volume}`, with as many values between slashes; one value then stands for all of them.
 */

/** One row, by the words of its table's head. */
export type Row = Readonly<Record<string, string>>;

/** Every row of every table, in order. */
export function rowsOf(markdown: string): readonly Row[] {
  const rows: Row[] = [];
  let head: readonly string[] | undefined;
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) head = undefined;
    else if (head === undefined) head = cellsOf(line);
    else if (!/^[|\s:-]+$/.test(line)) {
      const cells = cellsOf(line);
      rows.push(Object.fromEntries(head.map((word, index) => [word, cells[index] ?? ""])));
    }
  }
  return rows;
}

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, line.trimEnd().lastIndexOf("|"))
    .split("|")
    .map((cell) => cell.trim());

/** What stands in backticks, in order. */
export const codeIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");

/** Where the links of a text lead. */
export const linksIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");

/** The names that `name` stands for, each with its own part of `cell`. */
export function told(name: string, cell: string): readonly (readonly [name: string, value: string])[] {
  const [, before = "", list = "", after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
  if (list === "") return [[name, cell]];
  const values = cell.split(" / ");
  const parts = list.split(",");
  if (values.length !== 1 && values.length !== parts.length)
    throw new Error(`${name}: ${values.length} values, ${cell}`);
  return parts.map((part, index) => [`${before}${part}${after}`, values[index] ?? cell] as const);
}

/** The number a cell begins with, or `off`; undefined when it says something else, as a dash does. */
export function valueIn(cell: string): number | "off" | undefined {
  if (/^off\b/.test(cell)) return "off";
  const digits = /^\d[\d,]*(?:\.\d+)?(?![\w.])/.exec(cell)?.[0];
  return digits === undefined ? undefined : Number(digits.replaceAll(",", ""));
}
