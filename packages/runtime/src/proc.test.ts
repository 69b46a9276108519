import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasProc, identityOf, isAlive, kill, readStat, sendSignal, startTicksOf, stateOf } from "./proc.ts";
import { found, makeFolder, until } from "./test-support.ts";

// Only Linux has /proc.
test.runIf(hasProc())("a process is found by its pid, with its parent and when it started", () => {
  const own = readStat(process.pid);
  expect(own?.parent).toBe(process.ppid);
  expect(own?.startTicks).toBeGreaterThan(startTicksOf(1) - 1);
  expect(startTicksOf(process.pid)).toBe(own?.startTicks);
});

// Only Linux has /proc.
test.runIf(hasProc())("a command's name cannot forge the fields after it", async () => {
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

// Only Linux has /proc.
test.runIf(hasProc())("a process runs, is stopped, and is killed stopped; then it is gone, and stays so", async () => {
  const child = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
  const exited = once(child, "exit");
  const identity = identityOf(child.pid ?? 0);
  try {
    expect([stateOf(identity), isAlive(identity)]).toEqual(["running", true]);
    expect(sendSignal("SIGSTOP", identity)).toEqual({ kind: "sent" });
    await until(() => stateOf(identity) === "frozen");
    expect(isAlive(identity)).toBe(true);
    expect(kill(identity)).toEqual({ kind: "sent" });
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  expect(child.signalCode).toBe("SIGKILL");
  expect([stateOf(identity), isAlive(identity), kill(identity).kind]).toEqual(["gone", false, "gone"]);
});

// Only Linux has /proc.
test.runIf(hasProc())("a pid that belongs to another process by now, and a whole group, are left alone", async () => {
  const child = spawn("/bin/sleep", ["60"], { stdio: "ignore", detached: true });
  const exited = once(child, "exit");
  const { pid, startTicks } = identityOf(child.pid ?? 0);
  const stale = { pid, startTicks: startTicks - 1 };
  try {
    expect(kill(stale)).toEqual({ kind: "another-process", startTicks });
    expect([stateOf(stale), isAlive(stale)]).toEqual(["gone", false]);
    expect(kill({ pid: -pid, startTicks: 0 })).toEqual({ kind: "gone" });
    expect(stateOf({ pid, startTicks })).toBe("running");
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
});
