/** The start and the end of a lab: the services' own, and starts that go wrong. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { isAlive, kill } from "@cordon/runtime";
import { settingsOf } from "./presets.ts";
import { examineLabs } from "./doctor.ts";
import { readJournal } from "./journal.ts";
import { labBounds, startLab, startLabOf } from "./lab.ts";
import { livingLabs } from "./lab-file.ts";
import { markedProcesses } from "./marks.ts";
import { journalFile, labFile, runDir } from "./paths.ts";
import { makeRunFolder } from "./run-folder.ts";
import { smallLab, standInParts } from "./small-lab.fixture.ts";
import { programs, until, workingDirectory } from "./testing.fixture.ts";

const longMs = 90_000;
const { standIn } = programs;
const never = new AbortController().signal;
const markedUnder = (dir: string) => markedProcesses()?.filter((process) => process.dir === dir);

test.each(["on", "off"] as const)(
  "every service starts from the configuration a lab writes for it, protections %s",
  { timeout: longMs },
  async (preset) => {
    await using place = workingDirectory();
    const options = { ...smallLab(place.root, preset), settings: settingsOf(preset, []), faultPoints: true };
    await using lab = await startLab(options, never);
    const services = lab.processes().flatMap(({ name }) => (name.startsWith("spare-") ? [] : [name]));
    expect(services).toEqual(["guardian", "supervisor", "control", "fault", "p1a", "auth", "mail"]);
    expect(livingLabs(place.root).map(({ runId }) => runId)).toEqual([preset]);
    const { left } = await lab.close();
    expect(left).toEqual([]);
    expect(markedUnder(lab.dir)).toEqual([]);
    expect(readJournal(journalFile(lab.dir))?.closed).toBe(true);
  },
);

test(
  "a process that refuses its configuration fails the start with its own words, and nothing is left",
  { timeout: longMs },
  async () => {
    await using place = workingDirectory();
    const program = join(place.root, "refuses.mjs");
    writeFileSync(program, "process.stderr.write('mail.yaml:3:1 smtp: is missing\\n'); process.exitCode = 2;\n");
    const parts = { ...standInParts, programs: { ...standInParts.programs, mail: program } };
    const start = startLabOf(parts, smallLab(place.root, "refused"), never);
    await expect(start).rejects.toThrow(/^the lab cannot start: mail ends as often[^]*mail\.yaml:3:1 smtp: is missing/);
    expect(markedUnder(runDir(place.root, "refused"))).toEqual([]);
    expect((await examineLabs(place.root)).findings).toEqual([]);
  },
);

test("a start that fails before anything runs leaves a run that is over", async () => {
  await using place = workingDirectory();
  const unwritable = {
    toJSON(): never {
      throw new Error("no plan");
    },
  };
  const options = { ...smallLab(place.root, "bare"), settings: { ...settingsOf("on", []), ...unwritable } };
  await expect(startLabOf(standInParts, options, never)).rejects.toThrow("no plan");
  expect(readJournal(journalFile(runDir(place.root, "bare")))?.closed).toBe(true);
  expect((await examineLabs(place.root)).findings).toEqual([]);
});

test(
  "a lab that cannot be written down fails its start, and nobody goes on asking after it",
  { timeout: longMs },
  async () => {
    await using place = workingDirectory();
    const program = join(place.root, "blocks.mjs");
    writeFileSync(
      program,
      `import { mkdirSync } from "node:fs";
      mkdirSync(${JSON.stringify(labFile(runDir(place.root, "unwritten")))}, { recursive: true });
      await import(${JSON.stringify(pathToFileURL(standIn).href)});`,
    );
    const asked: unknown[] = [];
    const note = (message: unknown): void => void asked.push(message);
    subscribe("undici:request:create", note);
    await using scope = new AsyncDisposableStack();
    scope.defer(() => void unsubscribe("undici:request:create", note));
    const parts = { ...standInParts, programs: { ...standInParts.programs, auth: program } };
    await expect(startLabOf(parts, smallLab(place.root, "unwritten"), never)).rejects.toThrow("EISDIR");
    expect(asked).toEqual([]);
    expect(markedUnder(runDir(place.root, "unwritten"))).toEqual([]);
  },
);

test(
  "a process that is not ready in time fails the start by its name, and nothing is left",
  { timeout: longMs },
  async () => {
    await using place = workingDirectory();
    const { sleeper } = programs;
    const parts = {
      ...standInParts,
      programs: { ...standInParts.programs, auth: sleeper },
      bounds: { ...labBounds, readyWithinMs: 6_000 },
    };
    const start = startLabOf(parts, smallLab(place.root, "slow"), never);
    await expect(start).rejects.toThrow(/^the lab was not ready within 6 s: [^\n]*auth[^\n]* did not serve\.\n/);
    expect(markedUnder(runDir(place.root, "slow"))).toEqual([]);
  },
);

test("a start that is called off leaves nothing", { timeout: longMs }, async () => {
  await using place = workingDirectory();
  const dir = runDir(place.root, "called-off");
  const caller = new AbortController();
  const start = startLabOf(standInParts, smallLab(place.root, "called-off"), caller.signal);
  await Promise.all([
    expect(start).rejects.toThrow("no longer wanted"),
    until("control runs", () => markedUnder(dir)?.some(({ name }) => name === "control")).then(() =>
      caller.abort(new Error("no longer wanted")),
    ),
  ]);
  expect(markedUnder(dir)).toEqual([]);
});

test("a run without its guardian is over: the lab says so and is cleared away", { timeout: longMs }, async () => {
  await using place = workingDirectory();
  await using lab = await startLabOf(standInParts, smallLab(place.root, "unguarded"), never);
  const guardian = lab.processes().find(({ name }) => name === "guardian");
  if (guardian === undefined) throw new Error("a lab has a guardian");
  kill(guardian);
  await until("the lab is lost", () => lab.lost.aborted);
  expect(() => lab.lost.throwIfAborted()).toThrow("guardian");
  expect((await lab.close()).left).toEqual([]);
  expect(lab.processes().filter(isAlive)).toEqual([]);
  expect(markedUnder(lab.dir)).toEqual([]);
});

test(
  "a supervisor that is stopped is replaced by one that goes on with its processes",
  { timeout: longMs },
  async () => {
    await using place = workingDirectory();
    await using lab = await startLabOf(standInParts, smallLab(place.root, "stopped"), never);
    const named = (name: string) => lab.processes().find((process) => process.name === name);
    const [stopped, control] = [named("supervisor"), named("control")];
    if (stopped === undefined) throw new Error("a lab has a supervisor");
    lab.journal.frozen(stopped);
    process.kill(stopped.pid, "SIGSTOP");
    await until("another supervisor runs", () => named("supervisor")?.pid !== stopped.pid);
    expect(isAlive(stopped)).toBe(false);
    expect(named("control")).toEqual(control);
  },
);

test("a run's name is taken once", async () => {
  await using place = workingDirectory();

  makeRunFolder(place.root, "twice");
  expect(() => makeRunFolder(place.root, "twice")).toThrow("a run named twice is there already");
});
