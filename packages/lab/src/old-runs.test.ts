import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeOldRuns } from "./old-runs.ts";
import { configFile, journalFile, labsDir, runDir } from "./paths.ts";
import { makeRunFolder } from "./run-folder.ts";
import { workingDirectory } from "./testing.fixture.ts";

const aboutNow = 1_800_000_000;

/** A run that was last written to so many hours ago. */
function makeRun(root: string, runId: string, hoursAgo: number, isClosed: boolean): void {
  const { dir, journal, socketDir } = makeRunFolder(root, runId);
  rmSync(socketDir, { recursive: true });
  mkdirSync(join(configFile(dir, "mail"), ".."), { recursive: true });
  writeFileSync(configFile(dir, "mail"), "{}");
  if (isClosed) journal.closed();
  const at = aboutNow - hoursAgo * 3_600;
  utimesSync(journalFile(dir), at, at);
}

test("the newest ten runs are kept, and of the older ones those that somebody may still have to clear", async () => {
  await using place = workingDirectory();
  for (let hours = 1; hours <= 13; hours++) makeRun(place.root, `run-${hours}`, hours, hours !== 12);
  removeOldRuns(place.root);
  const kept = ["run-12", ...Array.from({ length: 10 }, (_, index) => `run-${index + 1}`)];
  expect(new Set(readdirSync(labsDir(place.root)))).toEqual(new Set(kept));
  removeOldRuns(place.root);
  expect(new Set(readdirSync(labsDir(place.root)))).toEqual(new Set(kept));
});

test("what is no run, and a working directory without any, are left alone", async () => {
  await using place = workingDirectory();
  removeOldRuns(place.root);
  for (let hours = 1; hours <= 10; hours++) makeRun(place.root, `run-${hours}`, hours, true);
  mkdirSync(runDir(place.root, "notes"));
  makeRun(place.root, "run-11", 11, true);
  removeOldRuns(place.root);
  expect(readdirSync(labsDir(place.root))).toContain("notes");
  expect(readdirSync(labsDir(place.root))).toHaveLength(11);
});
