import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";

const program = `
  const { createLog } = await import(${JSON.stringify(new URL("./log.ts", import.meta.url).href)});
  const log = createLog("full", "info");
  for (let line = 0; line < 100; line++) log.info({ filler: "x".repeat(20_000) }, "a line");
  setImmediate(() => process.stdout.write("alive"));
`;

// Only Linux has a file that is always full.
test.runIf(existsSync("/dev/full"))("a disk that takes no line of the log does not end the process", () => {
  const full = openSync("/dev/full", "w");
  try {
    const args = ["--input-type=module", "--eval", program];
    const { status, stdout } = spawnSync(process.execPath, args, { stdio: ["ignore", "pipe", full], encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "alive"]);
  } finally {
    closeSync(full);
  }
});
