/** A process that hangs before it has said hello: no exit tells of it, and it has no beat to miss. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { labBounds, serviceParts, startLabOf } from "../lab.ts";
import { eventsFile } from "../paths.ts";
import { programs, workingDirectory } from "../testing.fixture.ts";
import { settingsOf } from "../presets.ts";

const { standIn, hesitant } = programs;
const parts = {
  ...serviceParts,
  programs: { ...serviceParts.programs, auth: hesitant, mail: standIn },
  bounds: { ...labBounds, supervision: { ...labBounds.supervision, startWithinMs: 3_000 } },
};

test("a process that hangs before its hello is fenced, and the one after it serves", { timeout: 90_000 }, async () => {
  await using place = workingDirectory();
  const options = {
    root: place.root,
    runId: "hesitant",
    settings: settingsOf("on", []),
    partitions: 1,
    roleInstances: 1,
    faultPoints: false,
    keepsHistory: false,
    store: "lmdb" as const,
    seed: "seed",
    tenants: [],
  };
  await using lab = await startLabOf(parts, options, new AbortController().signal);
  const said = readFileSync(eventsFile(lab.dir, "supervisor"), "utf8");
  expect(said).toMatch(/"fenced"[^\n]*auth \(pid \d+\) has not said hello since its start and is killed/);
});
