/**
 * The tables of docs/ablation.md, made from the account of a run that is kept beside it, so that no figure in the document was
 * ever typed by hand; a test holds the one to the other. `node packages/drill/src/ablation/document.ts FOLDER` takes the
 * `ablation.json` of a finished run into the tree and writes its tables; without FOLDER it writes those of the one kept.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ablation } from "./account.ts";
import { ablationMarkdown } from "./text.ts";

const begin = "<!-- tables: begin -->";
const end = "<!-- tables: end -->";

/** What stands between the marks while no run is kept. */
const noRun = "No run of it is kept yet.";

/** The document with the tables of this account between its marks; undefined: there is none. Throws when a mark is missing. */
export function withTables(document: string, ablation: Ablation | undefined): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/ablation.md has not the marks ${begin} and ${end}`);
  const tables = ablation === undefined ? noRun : ablationMarkdown(ablation);
  return `${document.slice(0, from + begin.length)}\n\n${tables}\n\n${document.slice(to)}`;
}

const docs = new URL("../../../../docs/", import.meta.url);
const documentFile = new URL("ablation.md", docs);
const accountFile = new URL("ablation.json", docs);

/** The account that is kept beside the document; undefined while there is none. */
export const keptAblation = (): Ablation | undefined =>
  existsSync(accountFile) ? (JSON.parse(readFileSync(accountFile, "utf8")) as Ablation) : undefined;

export const documentText = (): string => readFileSync(documentFile, "utf8");

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder !== undefined) {
    const text = readFileSync(join(folder, "ablation.json"), "utf8");
    if (!(JSON.parse(text) as Ablation).complete) throw new Error("that run has not come to its end: --resume goes on");
    writeFileSync(accountFile, text);
  }
  writeFileSync(documentFile, withTables(documentText(), keptAblation()));
}
