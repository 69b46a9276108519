/**
 * Runs the load scenarios of this folder, one process each and one after the other, so that none disturbs another's
 * figures. A scenario is a file `*.bench.ts` that prints its own result; `pnpm bench [name ...]` picks by name.
 */
import { spawnSync } from "node:child_process";
import { glob } from "node:fs/promises";
import { join } from "node:path";

const SCENARIO_LIMIT_MS = 300_000;

const wanted = process.argv.slice(2);
const all = (await Array.fromAsync(glob("*.bench.ts", { cwd: import.meta.dirname }))).toSorted();
const scenarios = all.filter((file) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)));

if (scenarios.length === 0) {
  console.error(`No load scenario matches. There are: ${all.join(", ") || "none"}.`);
  process.exitCode = 1;
}
for (const scenario of scenarios) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, scenario)], {
    stdio: "inherit",
    timeout: SCENARIO_LIMIT_MS,
  });
  if (status !== 0) process.exitCode = 1;
}
