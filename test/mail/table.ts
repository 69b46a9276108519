/** The table of docs/mail.md as a test reads it: its rows, and what the reply of a row looks like. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rowsOf, type Row } from "../support/documents.ts";
import { ROOT } from "../support/sources.ts";

/** Every row, in order. */
export const rows: readonly Row[] = rowsOf(readFileSync(join(ROOT, "docs/mail.md"), "utf8")).filter(
  (row) => "the message" in row,
);

/** The row of an input; throws when the table has none. */
export function rowOf(input: string): Row {
  const row = rows.find((one) => one["input"] === input);
  if (row === undefined) throw new Error(`docs/mail.md has no row for ${input}`);
  return row;
}

/** What the service has to say, as a pattern: HOST, N and ID stand for what differs from time to time. */
export function replyOf(row: Row, hostname: string): RegExp {
  const words = [row["reply"], row["enhanced"], (row["text"] ?? "").replaceAll("`", "")].filter((word) => word !== "");
  const literal = words.join(" ").replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const parts = { HOST: hostname.replaceAll(".", String.raw`\.`), N: String.raw`\d+`, ID: "[0-9A-Z]+" };
  return new RegExp(`^${literal.replaceAll(/\b(?:HOST|N|ID)\b/g, (name) => parts[name as keyof typeof parts])}$`);
}
