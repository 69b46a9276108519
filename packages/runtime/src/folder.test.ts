/** Folders, where the system makes none too. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "./folder.ts";
import { hasProc } from "./proc.ts";

test("every folder on the way is made, and one that is there is left alone", () => {
  const root = mkdtempSync(join(tmpdir(), "cordon-folder-"));
  try {
    makeFolder(join(root, "a/b/c"));
    makeFolder(join(root, "a/b/c"));
    expect(existsSync(join(root, "a/b/c"))).toBe(true);
  } finally {
    rmSync(root, { recursive: true });
  }
});

// There is nowhere else to be sure of that the system makes no folder.
test.skipIf(!hasProc())("where the system makes none it is said, and not tried for ever (needs /proc)", () => {
  expect(() => makeFolder("/proc/cordon/a")).toThrow(/ENOENT|EACCES|EPERM/);
});

test("in a working directory that was removed it ends", () => {
  const root = mkdtempSync(join(tmpdir(), "cordon-folder-"));
  const program = `
    const { makeFolder } = await import(${JSON.stringify(import.meta.resolve("./folder.ts"))});
    process.cwd();
    (await import("node:fs")).rmSync(${JSON.stringify(root)}, { recursive: true });
    try { makeFolder("out/run"); } catch {}
    console.log("over");
  `;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: root,
    encoding: "utf8",
    timeout: 15_000,
  });
  rmSync(root, { recursive: true, force: true });
  expect(stdout).toBe("over\n");
});
