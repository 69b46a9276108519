/** The tables of the benches: plain text, 80 columns, numbers to the right. */

export interface Column {
  readonly heading: string;
  /** Name of the figure. */
  readonly figure: string;
  /** `range`: smallest and largest round; `over`: what it is over the reference. */
  readonly show: "median" | "range" | "over";
  readonly digits: number;
}

interface TableRow {
  readonly name: string;
  /** null: not measured. */
  readonly figures: Readonly<Record<string, Readonly<Record<"median" | "min" | "max" | "over", number | null>>>>;
}

const width = 80;
const gap = "  ";

export function tableOf(rows: readonly TableRow[], columns: readonly Column[]): string {
  const lines = [["", ...columns.map(({ heading }) => heading)], ...rows.map((row) => cellsOf(row, columns))];
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? [];
  return lines
    .map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((cells) => cells.join(gap).trimEnd())
    .join("\n");
}

function cellsOf(row: TableRow, columns: readonly Column[]): string[] {
  return [
    row.name,
    ...columns.map(({ figure: name, show, digits }) => {
      const figure = row.figures[name];
      if (figure === undefined) return "-";
      if (show === "range") return `${said(figure.min, digits)} .. ${said(figure.max, digits)}`;
      return said(figure[show], digits);
    }),
  ];
}

const said = (value: number | null, digits: number): string =>
  value === null
    ? "-"
    : value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Lines of at most 80 columns; those after the first are indented by two more. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    const longer = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    if (longer.length > width && line.trim() !== "") {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}
