/** The operator's hand on a folder that says that it is a lab's, and is no lab's any more. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identityOf } from "@cordon/runtime";
import { expect, test } from "vitest";
import { openJournal } from "./journal.ts";
import { writeLabFile, type LabFile } from "./lab-file.ts";
import { findLab, giveOrder } from "./operator.ts";
import { journalFile, mapPublicKeyFile, runDir, tokenFile } from "./paths.ts";
import { workingDirectory } from "./testing.fixture.ts";

const nowhere = "http://127.0.0.1:9";

/** A folder as a living lab has it, with this process as its runner, and nobody behind its addresses. */
function makeLab(root: string, changes: Partial<LabFile>): string {
  const dir = runDir(root, "up-00000000");
  const runner = identityOf(process.pid);
  mkdirSync(join(dir, "keys"), { recursive: true });
  openJournal(journalFile(dir)).begin("up-00000000", runner);
  writeFileSync(mapPublicKeyFile(dir), "a key");
  writeLabFile({
    runId: "up-00000000",
    dir,
    runner,
    urls: {
      control: nowhere,
      auth: nowhere,
      mx: "127.0.0.1:9",
      submission: "127.0.0.1:9",
      mailApi: nowhere,
      fault: nowhere,
    },
    tokenFile: tokenFile(dir),
    eventsDir: join(dir, "events"),
    maildirsDir: join(dir, "maildirs"),
    partitions: ["p1"],
    judges: true,
    hidesFaults: false,
    instances: [],
    processes: [],
    ...changes,
  });
  return dir;
}

const isolate = { order: "isolate", partition: "p1" } as const;

test("a folder whose token is gone is not that of a running lab, however it was found", async () => {
  await using place = workingDirectory();
  const dir = makeLab(place.root, {});
  for (const lab of [dir, undefined]) {
    const result = await giveOrder(isolate, { lab, root: place.root, timeoutMs: 1_000 });
    expect(result).toMatchObject({ kind: "no-lab" });
    expect(result).toHaveProperty("detail", expect.stringContaining(`${dir} is not the folder of a running lab`));
  }
});

test("a folder of a lab without partitions is no lab's", async () => {
  await using place = workingDirectory();
  makeLab(place.root, { partitions: [] });
  expect(findLab({ lab: undefined, root: place.root })).toBeUndefined();
});
