import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasProc, identityOf, isAlive, processSpace } from "@cordon/runtime";
import { examineLabs } from "./doctor.ts";
import { readJournal } from "./journal.ts";
import { markOf } from "./marks.ts";
import { journalFile, runDir } from "./paths.ts";
import { makeRunFolder } from "./run-folder.ts";
import { sweepRun } from "./sweep.ts";
import { programs, start, until, workingDirectory } from "./testing.fixture.ts";

const { sleeper } = programs;
const { spawner } = programs;
const options = { withinMs: 5_000, spare: [process.pid] };

interface Said {
  readonly dir: string;
  readonly pids: readonly number[];
}

test("a sweep ends what the journal names, what is stopped, and what only its mark gives away", async () => {
  await using place = workingDirectory();
  await using runner = start(spawner, ["--root", place.root, "--run", "swept", "--unrecorded"], {});
  const { dir, pids } = JSON.parse(await runner.said) as Said;
  const identities = pids.map(identityOf);
  await runner[Symbol.asyncDispose]();
  expect(identities.map(isAlive)).toEqual([true, true, true]);

  const report = await sweepRun(dir, "swept", options);
  expect(identities.map(isAlive)).toEqual([false, false, false]);
  expect(report).toMatchObject({ runId: "swept", how: "proc", left: [] });
  expect(new Set(report.cleared.map(({ pid }) => pid))).toEqual(new Set(pids));
  expect(readJournal(journalFile(dir))?.socketDirs.filter(existsSync)).toEqual([]);
  expect(await sweepRun(dir, "swept", options)).toMatchObject({ cleared: [], left: [] });
});

test("a sweep touches no process of another run, however alike their names are", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "run-1");
  await using own = start(sleeper, [], markOf("run-1", run.dir, "own"));
  await using longer = start(sleeper, [], markOf("run-10", runDir(place.root, "run-10"), "longer"));
  await using elsewhere = start(sleeper, [], markOf("run-1", "/another/root/run-1", "elsewhere"));
  await using unmarked = start(sleeper, [], {});
  const report = await sweepRun(run.dir, "run-1", options);
  expect(report.cleared.map(({ pid }) => pid)).toEqual([own.identity.pid]);
  expect([longer, elsewhere, unmarked].map(({ identity }) => isAlive(identity))).toEqual([true, true, true]);
});

test("a pid that has passed to another process is left alone", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "reused");
  await using stranger = start(sleeper, [], {});
  const { pid, startTicks } = stranger.identity;
  run.journal.spawned({ name: "p1a", pid, startTicks: startTicks - 1 });
  expect(await sweepRun(run.dir, "reused", options)).toMatchObject({ cleared: [], left: [] });
  expect(isAlive(stranger.identity)).toBe(true);
});

// Without /proc there is nothing that tells one machine's processes from another's.
test.runIf(hasProc())("a journal from another boot or another machine names nobody here", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "copied");
  await using stranger = start(sleeper, [], {});
  run.journal.spawned({ name: "supervisor", ...stranger.identity });
  run.journal.frozen(stranger.identity);
  const file = journalFile(run.dir);
  writeFileSync(file, readFileSync(file, "utf8").replace(processSpace() ?? "none", "another boot"));
  expect(await examineLabs(place.root)).toMatchObject({ findings: [{ kind: "abandoned", cleared: [] }], clean: true });
  expect(isAlive(stranger.identity)).toBe(true);
});

test("a sweep removes no folder but a run's socket folder, whatever the journal says", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "tampered");
  const [precious, sockets] = [join(place.root, "cordon-mail"), join(place.root, "cordon-0123abcd")];
  for (const folder of [precious, sockets]) {
    mkdirSync(folder);
    run.journal.socketDir(folder);
  }
  await sweepRun(run.dir, "tampered", options);
  expect([precious, sockets, run.socketDir].map(existsSync)).toEqual([true, false, false]);
});

test("a run whose folder could not be made whole is over", async () => {
  await using place = workingDirectory();
  const temporary = process.env["TMPDIR"];
  process.env["TMPDIR"] = join(place.root, "missing");
  try {
    expect(() => makeRunFolder(place.root, "broken")).toThrow("ENOENT");
  } finally {
    if (temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = temporary;
  }
  expect(readJournal(journalFile(runDir(place.root, "broken")))?.closed).toBe(true);
});

test("the doctor clears a run whose runner was killed, closes it, and finds nothing the second time", async () => {
  await using place = workingDirectory();
  await using runner = start(spawner, ["--root", place.root, "--run", "left", "--unrecorded"], {});
  const { dir, pids } = JSON.parse(await runner.said) as Said;
  expect(await examineLabs(place.root)).toEqual({
    how: "proc",
    findings: [{ runId: "left", dir, kind: "living", cleared: [], left: [] }],
    clean: true,
  });

  await runner[Symbol.asyncDispose]();
  const { findings, clean } = await examineLabs(place.root);
  expect(clean).toBe(true);
  expect(findings).toMatchObject([{ runId: "left", kind: "abandoned", left: [] }]);
  expect(findings[0]?.cleared.length).toBe(pids.length);
  expect(readJournal(journalFile(dir))?.closed).toBe(true);
  expect(await examineLabs(place.root)).toEqual({ how: "proc", findings: [], clean: true });
});

test("the doctor clears processes of a run whose folder is gone, and of one that was closed", async () => {
  await using place = workingDirectory();
  const gone = runDir(place.root, "gone");
  await using stray = start(sleeper, [], markOf("gone", gone, "p1a"));
  const run = makeRunFolder(place.root, "closed");
  run.journal.closed();
  await using late = start(sleeper, [], markOf("closed", run.dir, "p1b"));
  const { findings } = await examineLabs(place.root);
  expect(findings.map(({ runId, kind }) => ({ runId, kind })).toSorted((a, b) => (a.runId < b.runId ? -1 : 1))).toEqual(
    [
      { runId: "closed", kind: "strays" },
      { runId: "gone", kind: "strays" },
    ],
  );
  expect([stray, late].map(({ identity }) => isAlive(identity))).toEqual([false, false]);
});

test("a folder that is no run does not trouble the doctor", async () => {
  await using place = workingDirectory();
  mkdirSync(runDir(place.root, "empty"), { recursive: true });
  expect(await examineLabs(place.root)).toEqual({ how: "proc", findings: [], clean: true });
});

test("a runner that is killed takes its run with it, the stopped process too: the guardian sees to it", async () => {
  await using place = workingDirectory();
  await using runner = start(spawner, ["--root", place.root, "--run=-guarded"], {});
  const { dir, pids } = JSON.parse(await runner.said) as Said;
  const identities = pids.map(identityOf);
  await runner[Symbol.asyncDispose]();
  await until("the guardian has swept the run", () => readJournal(journalFile(dir))?.closed === true);
  expect(identities.map(isAlive)).toEqual([false, false]);
  const started = readJournal(journalFile(dir))?.spawned ?? [];
  await until("the guardian itself is gone", () => !started.some(isAlive));
});
