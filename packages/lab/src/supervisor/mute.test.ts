/** A process that hangs before it has said hello: no exit tells of it, and it has no beat to miss. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { labBounds, startLabOf } from "../lab.ts";
import { eventsFile } from "../paths.ts";
import { smallLab, standInParts } from "../small-lab.fixture.ts";
import { programs, workingDirectory } from "../testing.fixture.ts";

const parts = {
  ...standInParts,
  programs: { ...standInParts.programs, auth: programs.hesitant },
  bounds: { ...labBounds, supervision: { ...labBounds.supervision, startWithinMs: 3_000 } },
};

test("a process that hangs before its hello is fenced, and the one after it serves", { timeout: 90_000 }, async () => {
  await using place = workingDirectory();
  await using lab = await startLabOf(parts, smallLab(place.root, "hesitant"), new AbortController().signal);
  const said = readFileSync(eventsFile(lab.dir, "supervisor"), "utf8");
  expect(said).toMatch(/"fenced"[^\n]*auth \(pid \d+\) has not said hello since its start and is killed/);
});
