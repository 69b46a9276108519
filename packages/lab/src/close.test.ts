/**
 * The end of a run whose own machinery is stopped: whoever is to clear up, and whoever would start again what is killed,
 * may have been frozen, each alone or all together, and nothing may wait for any of them.
 */
import { expect, test } from "vitest";
import { hasProc, kill, stateOf } from "@cordon/runtime";
import { newestOf, openJournal, readJournal, type NamedProcess } from "./journal.ts";
import { labBounds, startLabOf, type LabOptions } from "./lab.ts";
import { markedProcesses } from "./marks.ts";
import { journalFile, runDir } from "./paths.ts";
import { settingsOf } from "./presets.ts";
import { smallLab } from "./small-lab.fixture.ts";
import { programs, until, workingDirectory } from "./testing.fixture.ts";

const longMs = 60_000;
/** What a close may take, whoever is frozen. */
const closedWithinMs = 5_000;
const names = ["guardian", "supervisor", "control", "fault"] as const;
const combinations = Array.from({ length: 2 ** names.length }, (_, bits) =>
  names.filter((_name, place) => (bits >> place) % 2 === 1),
);
const { sleeper } = programs;
// Nobody gets further than his start, which is all it takes to be frozen.
const parts = {
  programs: { control: sleeper, fault: sleeper, directory: sleeper, auth: sleeper, mail: sleeper },
  bounds: { ...labBounds, readyWithinMs: longMs },
  logLevel: "error",
} as const;
const options = (root: string): LabOptions => ({ ...smallLab(root, "frozen"), settings: settingsOf("off", []) });

// Without /proc a stopped process cannot be told from one that runs.
test.skipIf(!hasProc()).each(combinations.map((frozen) => ({ frozen, who: frozen.join(", ") || "nobody" })))(
  "a run is over in 5 s with $who frozen, and nothing of it is left (needs /proc)",
  { timeout: longMs },
  async ({ frozen }) => {
    await using place = workingDirectory();
    const dir = runDir(place.root, "frozen");
    const caller = new AbortController();
    const over = startLabOf(parts, options(place.root), caller.signal).then(
      () => "it was ready",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const started = await until("the four run", () => {
      const living = newestOf(readJournal(journalFile(dir))?.spawned ?? []);
      return names.every((name) => living.some((one) => one.name === name)) && living;
    });
    for (const process of started.filter(({ name }) => frozen.some((one) => one === name))) await stop(dir, process);

    let ended: string | undefined;
    void over.then((how) => (ended = how));
    caller.abort(new Error("no longer wanted"));
    try {
      await until("the run is over", () => ended, closedWithinMs);
    } finally {
      // A close that waits for a frozen guardian must not outlive the test.
      for (const process of started) kill(process);
      await over;
    }
    expect(ended).toBe("no longer wanted");
    expect(markedProcesses()?.filter((process) => process.dir === dir)).toEqual([]);
    expect(readJournal(journalFile(dir))?.closed).toBe(true);
  },
);

async function stop(dir: string, identity: NamedProcess): Promise<void> {
  openJournal(journalFile(dir)).frozen(identity);
  process.kill(identity.pid, "SIGSTOP");
  await until(`${identity.name} is stopped`, () => stateOf(identity) === "frozen");
}
