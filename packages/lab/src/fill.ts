/**
 * Fills a lab's directory before it is used: every partition gets its share of the population through the import that a real
 * directory would be filled with. A partition that did not take all of it makes the lab unsound, and nothing is injected.
 */
import { writeFileSync } from "node:fs";
import type { Lab } from "./lab.ts";
import { populationFile } from "./paths.ts";
import { LabStartError } from "./ready.ts";
import { importLines, type Population } from "./population.ts";

const importTimeoutMs = 10_000;

/** Users, hashes and aliases into each partition, through the import a real directory would be filled with; then says so on disk. */
export async function fillDirectory(lab: Lab, population: Population): Promise<void> {
  const partitions = new Map(lab.instances().map((instance) => [instance.partition, instance]));
  await Promise.all(
    [...partitions].map(async ([partition, instance]) => {
      const lines = importLines(population, partition);
      const response = await fetch(new URL("/v1/import", instance.direct), {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${lab.token}` },
        body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
        signal: AbortSignal.timeout(importTimeoutMs),
      });
      const answer = (await response.json()) as { imported?: number };
      if (answer.imported !== lines.length) {
        throw new LabStartError(
          `${partition} imported ${answer.imported ?? 0} of ${lines.length} users (${response.status})`,
        );
      }
    }),
  );
  writeFileSync(populationFile(lab.dir), `${JSON.stringify({ users: population.users.length })}\n`, { mode: 0o600 });
}
