/** `cordon drill resume` on a drill that waits: this process is its runner, and its folder is all the command sees of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPaused } from "@cordon/drill";
import { journalFile, openJournal, runDir, type LabFile } from "@cordon/lab";
import { identityOf } from "@cordon/runtime";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";

const runId = "seed-on";
let folder = "";
let dir = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-resume-"));
  dir = runDir(folder, runId);
  mkdirSync(dir, { recursive: true });
  openJournal(journalFile(dir)).begin(runId, identityOf(process.pid));
  const url = "http://127.0.0.1:9";
  const lab: LabFile = {
    runId,
    dir,
    runner: identityOf(process.pid),
    urls: { control: url, auth: url, mx: url, submission: url, mailApi: url, fault: url },
    tokenFile: join(dir, "token"),
    eventsDir: join(dir, "events"),
    maildirsDir: join(dir, "maildirs"),
    partitions: ["p1"],
    instances: [],
    processes: [],
  };
  writeFileSync(join(dir, "lab.json"), JSON.stringify(lab));
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
