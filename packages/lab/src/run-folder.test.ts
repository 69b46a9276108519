import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { identityOf } from "@cordon/runtime";
import { expect, test } from "vitest";
import { openJournal, readJournal } from "./journal.ts";
import { journalFile, labsDir, runDir } from "./paths.ts";
import { makeRunFolder, removeClosedRun, runStateIn } from "./run-folder.ts";
import { LabStartError } from "./start-error.ts";
import { workingDirectory } from "./testing.fixture.ts";

const program = fileURLToPath(new URL("claimer.fixture.ts", import.meta.url));
const rounds = 60;
const everyMs = 15;
/** Both have started by then. */
const leadMs = 2_500;

async function claims(root: string, begin: number) {
  const words = [program, root, String(rounds), String(begin), String(everyMs)];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const told = (async () => {
    const gone = once(child, "exit").then(() => {
      throw new Error("it ended before it had said what it got");
    });
    gone.catch(() => {});
    while (!said.endsWith("\n")) await Promise.race([once(child.stdout, "data"), gone]);
    const [pid = "", got = "[]"] = said.trimEnd().split(" ");
    return { pid: Number(pid), got: JSON.parse(got) as boolean[] };
  })();
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { told, [Symbol.asyncDispose]: end };
}

function closedRun(root: string, runId: string): void {
  const dir = runDir(root, runId);
  mkdirSync(dir, { recursive: true });
  const journal = openJournal(journalFile(dir));
  journal.begin(runId, { pid: process.pid, startTicks: identityOf(process.pid).startTicks + 1 });
  journal.closed();
}

test(
  "of two processes that want the same run in the same instant one gets it, and keeps it",
  { timeout: 60_000 },
  async () => {
    await using place = workingDirectory();
    // In every other round a run of that name is there already, and over.
    for (let round = 0; round < rounds; round += 2) closedRun(place.root, `round-${round}`);
    const begin = Date.now() + leadMs;
    await using one = await claims(place.root, begin);
    await using other = await claims(place.root, begin);
    const [first, second] = await Promise.all([one.told, other.told]);
    for (let round = 0; round < rounds; round++) {
      const owner = first.got[round] === true ? first.pid : second.pid;
      expect([round, first.got[round] !== second.got[round]]).toEqual([round, true]);
      expect(readJournal(journalFile(runDir(place.root, `round-${round}`)))?.runner.pid).toBe(owner);
    }
    expect(readdirSync(labsDir(place.root))).toHaveLength(rounds);
  },
);

test("a run's folder makes room when the run is over, and never before", async () => {
  await using place = workingDirectory();
  closedRun(place.root, "closed");
  rmSync(makeRunFolder(place.root, "living").socketDir, { recursive: true });
  for (const runId of ["closed", "living", "new"]) removeClosedRun(place.root, runId);
  expect(["closed", "living"].map((runId) => existsSync(runDir(place.root, runId)))).toEqual([false, true]);
  expect(runStateIn(runDir(place.root, "living"))).toBe("living");
});

test("a folder that takes no files, or a temporary one that is not there, is named with what to do", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "file");
  writeFileSync(file, "");
  expect(() => makeRunFolder(file, "run")).toThrow(
    new LabStartError(`nothing can be written to ${file} (ENOTDIR): stand in a folder that takes files`),
  );
  const before = process.env["TMPDIR"];
  try {
    process.env["TMPDIR"] = join(place.root, "missing");
    expect(() => makeRunFolder(place.root, "run")).toThrow(
      new LabStartError(
        `nothing can be written to ${join(place.root, "missing")} (ENOENT): set TMPDIR to a folder that takes files and unix sockets`,
      ),
    );
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  expect(runStateIn(runDir(place.root, "run"))).toBe("closed");
});
