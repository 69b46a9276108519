import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readStat, startTicksOf } from "./proc.ts";
import { found, makeFolder } from "./test-support.ts";

// Only Linux has /proc.
test.runIf(process.platform === "linux")("a process is found by its pid, with its parent and when it started", () => {
  const own = readStat(process.pid);
  expect(own?.parent).toBe(process.ppid);
  expect(own?.startTicks).toBeGreaterThan(startTicksOf(1) - 1);
  expect(startTicksOf(process.pid)).toBe(own?.startTicks);
});

// Only Linux has /proc.
test.runIf(process.platform === "linux")("a command's name cannot forge the fields after it", async () => {
  await using folder = await makeFolder();
  const program = join(folder.path, "x) Z 1 (");
  await copyFile("/bin/sleep", program);
  const child = spawn(program, ["60"], { stdio: "ignore" });
  try {
    const stat = await found(() => {
      const seen = readStat(child.pid ?? 0);
      return seen?.state === "S" ? seen : undefined;
    });
    expect(stat.parent).toBe(process.pid);
    child.kill("SIGSTOP");
    await found(() => (readStat(child.pid ?? 0)?.state === "T" ? true : undefined));
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  expect(readStat(child.pid ?? 0)).toBeUndefined();
});

test("a pid that nobody has is nobody", () => {
  expect(readStat(2 ** 30)).toBeUndefined();
  expect(startTicksOf(2 ** 30)).toBe(0);
});
