/** `cordon drill resume` on a drill that waits: this process is its runner, and its folder is all the command sees of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPaused } from "@cordon/drill";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";
import { makeLivingLab, plainLab } from "./living-lab.fixture.ts";

const runId = "seed-on";
let folder = "";
let dir = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-resume-"));
  dir = makeLivingLab(folder, runId, plainLab);
  writeFileSync(join(dir, "paused"), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

const resume = async (...words: readonly string[]): Promise<Omit<End, "stderr">> => {
  const { code, stdout } = await cordonIn(folder, ["drill", "resume", ...words]);
  return { code, stdout };
};

test("lets it go on, and says which it was", async () => {
  expect(await resume()).toEqual({ code: 0, stdout: `${runId} goes on\n` });
  expect(isPaused(dir)).toBe(false);
  expect(await resume()).toEqual({ code: 2, stdout: "" });
});

test("says the same as its schema has it", async () => {
  const check = checkOf("drill-resume");
  const { code, stdout } = await resume("--json");
  const value: unknown = JSON.parse(stdout);
  expect([code, check(value), check.errors]).toEqual([0, true, null]);
  expect(value).toMatchObject({ runId, dir });
  expect(check({ schema: "cordon.drill-resume/1" })).toBe(false);
  expect(isPaused(dir)).toBe(false);
});
