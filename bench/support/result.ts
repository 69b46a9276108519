/**
 * What a bench says: a table for people, 80 columns wide, and with `--json` the same as one line of JSON, of the schema
 * below. The published form of the schema is docs/schema/cordon.bench.1.schema.json; a test holds it to this one. Print
 * it with `node bench/support/result.ts > docs/schema/cordon.bench.1.schema.json`, then format it.
 */
import { cpus, loadavg } from "node:os";
import { Type, type Static } from "typebox";
import type { Row } from "./rounds.ts";
import { tableOf, wrapped, type Column } from "./table.ts";

const FigureSchema = Type.Object({
  median: Type.Union([Type.Number(), Type.Null()]),
  min: Type.Union([Type.Number(), Type.Null()]),
  max: Type.Union([Type.Number(), Type.Null()]),
  /** What it is over the row's reference in the same round; null without one. */
  over: Type.Union([Type.Number(), Type.Null()]),
});

export const BenchResultSchema = Type.Object({
  schema: Type.Literal("cordon.bench/1"),
  bench: Type.String({ description: "Name of the bench, as `pnpm bench NAME` has it" }),
  title: Type.String(),
  rounds: Type.Integer({ minimum: 1, description: "Each row was measured this often, in turn with the others" }),
  units: Type.Record(Type.String(), Type.String(), { description: "Name of a figure -> its unit" }),
  host: Type.Object({
    cpus: Type.Integer({ minimum: 1 }),
    node: Type.String(),
    platform: Type.String(),
    pinned: Type.Boolean({ description: "Whether client and server had cores of their own" }),
    load: Type.Number({ description: "Load average of the minute before: what else the machine had to do" }),
  }),
  rows: Type.Array(
    Type.Object({
      name: Type.String(),
      contains: Type.String({ description: "Exactly what was measured" }),
      reference: Type.Union([Type.String(), Type.Null()]),
      figures: Type.Record(Type.String(), FigureSchema),
    }),
  ),
  notes: Type.Array(Type.String()),
});
export type BenchResult = Static<typeof BenchResultSchema>;

/** Everything of a result that a bench has to say itself. */
export interface Report extends Pick<BenchResult, "bench" | "title" | "rounds" | "units" | "notes"> {
  readonly rows: readonly Row[];
  readonly pinned: boolean;
  readonly columns: readonly Column[];
}

/** Before the bench itself adds to it. */
const [load = 0] = loadavg();

/** Prints the result: `--json` as one line of JSON, else the table, what each row contains, and the notes. */
export function printReport(report: Report, words: readonly string[]): void {
  const result = resultOf(report);
  console.log(words.includes("--json") ? JSON.stringify(result) : textOf(result, report.columns));
}

/** JSON has no word but null for what was not measured, nor for what never came. */
export function resultOf({ bench, title, rounds, units, rows, notes, pinned }: Report): BenchResult {
  return {
    schema: "cordon.bench/1",
    bench,
    title,
    rounds,
    units,
    notes,
    host: { cpus: cpus().length, node: process.version, platform: process.platform, pinned, load },
    rows: rows.map(({ figures, ...row }) => ({
      ...row,
      figures: Object.fromEntries(
        Object.entries(figures).map(([name, { median, min, max, over }]) => [
          name,
          { median: known(median), min: known(min), max: known(max), over: over === null ? null : known(over) },
        ]),
      ),
    })),
  };
}

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

export function textOf(result: BenchResult, columns: readonly Column[]): string {
  const { cpus: cores, node, pinned, load: before } = result.host;
  const about = `${result.title} (${result.rounds === 1 ? "one round" : `${result.rounds} rounds in turn`}; ${cores} cores, load ${before.toFixed(1)} before, node ${node}, ${
    pinned ? "client and server on cores of their own" : "not pinned"
  })`;
  return [
    ...wrapped(`${result.bench}: ${about}`, ""),
    "",
    tableOf(result.rows, columns),
    "",
    ...onceEach(result.rows).flatMap(({ name, contains }) => wrapped(`${name}: ${contains}`, "  ")),
    ...result.notes.flatMap((note) => wrapped(note, "")),
    "",
  ].join("\n");
}

/** Rows that contain the same are explained at the first of them. */
const onceEach = (rows: BenchResult["rows"]): BenchResult["rows"] =>
  rows.filter(({ contains }, at) => rows.findIndex((row) => row.contains === contains) === at);

export const schemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "urn:cordon:schema:bench:1",
      title: "cordon.bench/1: the result of a bench",
      ...BenchResultSchema,
    },
    null,
    2,
  )}\n`;

if (import.meta.main) console.log(schemaText().trimEnd());
