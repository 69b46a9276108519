/**
 * `pnpm test`: runs vitest and closes with one plain line, `N passed, N failed`, taken from vitest's own report.
 * Arguments go through to vitest (`pnpm test packages/mail`). Exit 0 only when something passed and nothing failed;
 * with CI=true a skipped test is a failure, because in CI everything a test needs can be there. A run that was broken off
 * has no such line: it says `interrupted`, and ends as whoever broke it off expects, with 130 or 143.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { runChild } from "./support/child.ts";
import { closingLine, judge } from "./support/report.ts";
import { ROOT } from "./support/sources.ts";

const RUN_LIMIT_MS = 20 * 60_000;
const GRACE_MS = 15_000;

const codes = { SIGINT: 130, SIGTERM: 143 } as const;
let interruptedBy: keyof typeof codes | undefined;
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => (interruptedBy ??= name));

const cache = join(ROOT, "node_modules/.cache/vitest-report");
const reportPath = join(cache, `${process.pid}.json`);
await mkdir(cache, { recursive: true });

const { code, timedOut } = await runChild({
  command: join(ROOT, "node_modules/.bin/vitest"),
  args: ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`, ...process.argv.slice(2)],
  cwd: ROOT,
  environment: process.env,
  limitMs: RUN_LIMIT_MS,
  graceMs: GRACE_MS,
  output: "show",
});
const report = await readFile(reportPath, "utf8").catch(() => undefined);
await rm(reportPath, { force: true });

if (interruptedBy === undefined) {
  const verdict = judge(report, code, process.env["CI"] === "true");
  if (timedOut) console.log(`The tests were ended after ${RUN_LIMIT_MS} ms.`);
  for (const remark of verdict.remarks) console.log(remark);
  console.log(closingLine(verdict));
  process.exitCode = verdict.good ? 0 : 1;
} else {
  console.log("interrupted");
  process.exitCode = codes[interruptedBy];
}
