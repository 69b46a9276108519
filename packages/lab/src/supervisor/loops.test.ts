import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "@cordon/runtime";
import { historyDir, loopsFile } from "../paths.ts";
import { createLoops } from "./loops.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cordon-loops-"));
  mkdirSync(historyDir(dir));
});
afterEach(() => rmSync(dir, { recursive: true }));

const clock = { now: () => 7, wall: () => 0 };
const beat = { type: "beat", lagMs: 3 } as const;
const loops = (keepsHistory: boolean) => createLoops({ dir, keepsHistory }, clock, createLog("loops", "fatal"));

test("in a lab whose history a drill reads, the beats of auth and mail are on record, and nobody else's", () => {
  for (const role of ["auth", "directory", "mail"] as const) loops(true).heard(role, beat);
  const records = readFileSync(loopsFile(dir), "utf8").trimEnd().split("\n");
  const record = { type: "noise", at: 7, delayMs: 3 };
  expect(records.map((line): unknown => JSON.parse(line))).toEqual([
    { ...record, source: "auth" },
    { ...record, source: "mail" },
  ]);
});

test("in a lab that no drill runs in, nothing is written, however long it lives", () => {
  for (const role of ["auth", "mail"] as const) loops(false).heard(role, beat);
  expect(existsSync(loopsFile(dir))).toBe(false);
});
