/**
 * The files of the sides' histories, which lie beside the result that was made from them. The result tells what each is to
 * be (`histories`), so that whoever takes one up later knows a whole one from one that was torn or changed.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HistoryRecordSchema, type History } from "@cordon/model";
import { createLineParser } from "@cordon/runtime";

export const historyFile = (out: string, preset: string): string => join(out, `history-${preset}.ndjson`);

/** A record a line. */
export const historyText = (history: History): string =>
  history.map((record) => `${JSON.stringify(record)}\n`).join("");

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const parse = createLineParser(HistoryRecordSchema);

/** The history in a run's folder, and the digest of its file; undefined when there is none. */
export function readHistory(
  out: string,
  preset: string,
): { readonly history: History; readonly digest: string } | undefined {
  let text: string;
  try {
    text = readFileSync(historyFile(out, preset), "utf8");
  } catch {
    return undefined;
  }
  const records = text.split("\n").map((line) => parse(line));
  const history = records.filter((record) => record !== undefined);
  return { history, digest: digestOf(text) };
}
