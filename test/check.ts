/**
 * Everything that judges the tree without running the product: format, types, lint, unused code, and the tests of the
 * architecture. All tools run even when one has failed, one after the other, each bounded in time; one line a tool,
 * and the words of those that failed. Exit 0 only when every one of them passed.
 */
import { join } from "node:path";

import { runChild } from "./support/child.ts";
import { ROOT } from "./support/sources.ts";

const TOOL_LIMIT_MS = 180_000;
const TOOL_GRACE_MS = 5_000;
const OUTPUT_CHARACTERS = 30_000;
const NAME_WIDTH = 14;

// `tsc -b` is forced: what it remembers does not always notice a change of the shared options.
const TOOLS: readonly { name: string; command: readonly [string, ...string[]] }[] = [
  { name: "format", command: ["oxfmt", "--check", "."] },
  { name: "types", command: ["tsc", "-b", "--force"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "unused", command: ["knip", "--no-progress", "--no-config-hints"] },
  {
    name: "architecture",
    command: ["vitest", "run", "--project", "unit", "test/architecture.test.ts", "test/tidy.test.ts"],
  },
];

let interrupted = false;
const onSignal = (): void => {
  interrupted = true;
};
process.on("SIGINT", onSignal).on("SIGTERM", onSignal);

for (const { name, command } of TOOLS) {
  if (interrupted) break;
  const [tool, ...args] = command;
  const { code, timedOut, output, ms } = await runChild({
    command: join(ROOT, "node_modules/.bin", tool),
    args,
    cwd: ROOT,
    environment: process.env,
    limitMs: TOOL_LIMIT_MS,
    graceMs: TOOL_GRACE_MS,
    output: OUTPUT_CHARACTERS,
  });
  const word = code === 0 ? "ok" : "failed";
  console.log(`${name.padEnd(NAME_WIDTH)} ${word.padEnd(6)} ${String(ms).padStart(6)} ms   ${command.join(" ")}`);
  if (code !== 0) {
    process.exitCode = 1;
    console.log(`${output.trimEnd()}\n${timedOut ? `${name} was ended after ${TOOL_LIMIT_MS} ms\n` : ""}`);
  }
}
if (interrupted) process.exitCode = 1;
