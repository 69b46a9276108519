/**
 * Fills a lab's directory before it is used: every partition gets its share of the population through the import that a real
 * directory would be filled with. A partition that did not take all of it makes the lab unsound, and nothing is injected.
 */
import { writeFileSync } from "node:fs";
import type { ImportLine } from "@cordon/model";
import type { Lab } from "./lab.ts";
import { populationFile } from "./paths.ts";
import { LabStartError } from "./start-error.ts";
import { importLines, type Population } from "./population.ts";

const importTimeoutMs = 10_000;

/** Users, hashes and aliases into each partition, through the import a real directory would be filled with; then says so on disk. */
export async function fillDirectory(lab: Lab, population: Population): Promise<void> {
  const partitions = new Map(lab.instances().map((instance) => [instance.partition, instance]));
  await Promise.all(
    [...partitions].map(async ([partition, instance]) => {
      const { imported, of, answer } = await importInto(instance.direct, lab.token, importLines(population, partition));
      if (imported < of) throw new LabStartError(`${partition} imported ${imported} of ${of} users (${answer})`);
    }),
  );
  writeFileSync(populationFile(lab.dir), `${JSON.stringify({ users: population.users.length })}\n`, { mode: 0o600 });
}

/** What became of an import: of `of` lines, `imported` stand in the directory now; `answer` is its status, or why there is none. */
export interface Imported {
  readonly imported: number;
  readonly of: number;
  readonly answer: string;
}

/** Imports into the partition that the role instance at `service` serves. What stands there already counts as imported. Never rejects. */
export async function importInto(service: string, token: string, lines: readonly ImportLine[]): Promise<Imported> {
  try {
    const response = await fetch(new URL("/v1/import", service), {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${token}` },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      signal: AbortSignal.timeout(importTimeoutMs),
    });
    const { imported = 0 } = (await response.json()) as { imported?: number };
    return { imported, of: lines.length, answer: String(response.status) };
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    const answer = isLate ? `no answer in ${importTimeoutMs} ms` : "no answer that could be read";
    return { imported: 0, of: lines.length, answer };
  }
}
