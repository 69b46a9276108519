/**
 * Runs the benches of this folder, a process each and one after the other, so that none disturbs another's figures. A
 * bench is a file `NAME.bench.ts` that prints its own result; `pnpm bench [NAME ...] [--json]` picks by name. One that
 * takes longer than its limit is ended, and takes what it started with it.
 */
import { spawnSync } from "node:child_process";
import { glob } from "node:fs/promises";
import { join } from "node:path";

const benchLimitMs = 300_000;
const suffix = ".bench.ts";

const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith("-"));
const options = words.filter((word) => word.startsWith("-"));
const files = await Array.fromAsync(glob(`*${suffix}`, { cwd: import.meta.dirname }));
const names = files.map((file) => file.slice(0, -suffix.length)).toSorted();
const unknown = wanted.filter((word) => !names.includes(word));
const unread = options.filter((option) => option !== "--json");

if (unknown.length + unread.length > 0) {
  console.error(`There is no ${[...unknown, ...unread].join(", ")}. There are: ${names.join(", ")}; and --json.`);
  process.exitCode = 2;
} else {
  for (const name of names) if (wanted.length === 0 || wanted.includes(name)) run(name);
}

function run(name: string): void {
  console.error(`bench ${name} ..`);
  const { status, signal } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}${suffix}`), ...options], {
    stdio: "inherit",
    timeout: benchLimitMs,
  });
  if (status === 0) return;
  console.error(`bench ${name} ended with ${status ?? signal}`);
  process.exitCode = 1;
}
