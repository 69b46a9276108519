import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newestOf, openJournal, readJournal } from "./journal.ts";
import { workingDirectory } from "./testing.fixture.ts";

test("a journal gives back what was written, in order", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "journal.ndjson");
  const journal = openJournal(file);
  journal.begin("run", { pid: 10, startTicks: 100 });
  journal.socketDir("/somewhere");
  journal.intend("p1a");
  journal.spawned({ name: "p1a", pid: 11, startTicks: 110 });
  journal.frozen({ pid: 11, startTicks: 110 });
  expect(readJournal(file)).toEqual({
    runId: "run",
    runner: { pid: 10, startTicks: 100 },
    runnerLives: false,
    spawned: [{ name: "p1a", pid: 11, startTicks: 110 }],
    frozen: [{ pid: 11, startTicks: 110 }],
    intended: [],
    socketDirs: ["/somewhere"],
    closed: false,
  });
});

test("an intention without a start is named until its start is written down", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "journal.ndjson");
  const journal = openJournal(file);
  journal.begin("run", { pid: 10, startTicks: 100 });
  journal.intend("p1a");
  journal.spawned({ name: "p1a", pid: 11, startTicks: 110 });
  journal.intend("p1a");
  expect(readJournal(file)?.intended).toEqual(["p1a"]);
  journal.spawned({ name: "p1a", pid: 12, startTicks: 120 });
  expect(readJournal(file)?.intended).toEqual([]);
});

test("a line that was cut off by the writer's death is passed over, and the next writer's lines are not", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "journal.ndjson");
  const journal = openJournal(file);
  journal.begin("run", { pid: 10, startTicks: 100 });
  appendFileSync(file, '{"record":"spawned","name":"p1a","pi');
  expect(readJournal(file)?.spawned).toEqual([]);
  openJournal(file).spawned({ name: "p1b", pid: 12, startTicks: 120 });
  expect(readJournal(file)?.spawned).toEqual([{ name: "p1b", pid: 12, startTicks: 120 }]);
});

test("a file without a beginning is no journal", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "journal.ndjson");
  expect(readJournal(file)).toBeUndefined();
  openJournal(file).closed();
  expect(readJournal(file)).toBeUndefined();
});

test("of processes of one name the newest counts", () => {
  const [old, other, young] = [
    { name: "p1a", pid: 1, startTicks: 1 },
    { name: "p1b", pid: 2, startTicks: 2 },
    { name: "p1a", pid: 3, startTicks: 3 },
  ];
  expect(newestOf([old, other, young])).toEqual([young, other]);
});
