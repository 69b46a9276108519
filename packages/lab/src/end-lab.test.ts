import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { hasProc, isAlive, sendSignal, stateOf } from "@cordon/runtime";
import { endLab, upLabs } from "./end-lab.ts";
import { openJournal, readJournal } from "./journal.ts";
import { journalFile, labsDir, runDir } from "./paths.ts";
import { programs, start, until, workingDirectory } from "./testing.fixture.ts";

/** A run of `cordon up` whose runner is another process, and which has one process more. */
function makeRun(root: string, runId: string, runner: { pid: number; startTicks: number }): string {
  const dir = runDir(root, runId);
  mkdirSync(dir, { recursive: true });
  openJournal(journalFile(dir)).begin(runId, runner);
  return dir;
}

// Without /proc a stopped process cannot be told from one that runs.
test.runIf(hasProc())("a lab whose runner is stopped and has lost its guardian is ended all the same", async () => {
  await using place = workingDirectory();
  await using runner = start(programs.sleeper, [], {});
  await using member = start(programs.sleeper, [], {});
  const dir = makeRun(place.root, "up-0000000a", runner.identity);
  openJournal(journalFile(dir)).spawned({ name: "auth", ...member.identity });
  sendSignal("SIGSTOP", runner.identity);
  await until("the runner is stopped", () => stateOf(runner.identity) === "frozen");
  expect(upLabs(place.root)).toEqual([dir]);
  expect(await endLab(dir)).toEqual({ dir, left: [] });
  expect([runner, member].map(({ identity }) => isAlive(identity))).toEqual([false, false]);
  expect(readJournal(journalFile(dir))?.closed).toBe(true);
  expect(upLabs(place.root)).toEqual([]);
  expect(await endLab(dir)).toEqual({ dir, left: [] });
});

test("the labs that cordon up keeps in a folder are found, and those of drills are not", async () => {
  await using place = workingDirectory();
  await using older = start(programs.sleeper, [], {});
  await using newer = start(programs.sleeper, [], {});
  const first = makeRun(place.root, "up-0000000b", older.identity);
  const second = makeRun(place.root, "up-0000000c", newer.identity);
  makeRun(place.root, "7f3a-on", newer.identity);
  mkdirSync(`${labsDir(place.root)}/up-0000000d`);
  expect(new Set(upLabs(place.root))).toEqual(new Set([second, first]));
});

test("a folder that is no run's needs no end", async () => {
  await using place = workingDirectory();
  expect(await endLab(place.root)).toEqual({ dir: place.root, left: [] });
});
