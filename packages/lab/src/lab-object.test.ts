import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { labObject } from "./lab-object.ts";
import type { LabFile } from "./lab-file.ts";
import { populationFile } from "./paths.ts";
import { populate } from "./population.ts";
import { workingDirectory } from "./testing.fixture.ts";

const fileOf = (dir: string): LabFile => ({
  runId: "up-00000000",
  dir,
  runner: { pid: 4, startTicks: 5 },
  urls: {
    control: "http://127.0.0.1:1",
    auth: "http://127.0.0.1:2",
    mx: "127.0.0.1:3",
    submission: "127.0.0.1:4",
    mailApi: "http://127.0.0.1:5",
    fault: "http://127.0.0.1:6",
  },
  tokenFile: `${dir}/token`,
  eventsDir: `${dir}/events`,
  maildirsDir: `${dir}/maildirs`,
  partitions: ["p1", "p2", "p3"],
  judges: true,
  hidesFaults: false,
  instances: [],
  processes: [],
});

test("every address of the pattern is a user's, and each partition has two users in the sample", async () => {
  await using place = workingDirectory();
  mkdirSync(place.root, { recursive: true });
  writeFileSync(populationFile(place.root), JSON.stringify({ users: 20 }));
  const object = labObject(fileOf(place.root));
  const users = new Map(populate(["p1", "p2", "p3"], 20).users.map((user) => [user.address, user]));
  expect(object?.users).toMatchObject({ count: 20, pattern: "user{1..3}@tenant{1..6}.example" });
  for (let name = 1; name <= 3; name++)
    for (let tenant = 1; tenant <= 6; tenant++) expect(users.has(`user${name}@tenant${tenant}.example`)).toBe(true);
  expect(object?.sample.map(({ partition }) => partition)).toEqual(["p1", "p1", "p2", "p2", "p3", "p3"]);
  for (const { user, password } of object?.sample ?? []) expect(users.get(user)?.password).toBe(password);
});

test("a lab without users yet has no object, and a dead one has no processes", async () => {
  await using place = workingDirectory();
  expect(labObject(fileOf(place.root))).toBeUndefined();
  writeFileSync(populationFile(place.root), JSON.stringify({ users: 6 }));
  expect(labObject(fileOf(place.root))).toMatchObject({
    pid: 4,
    processes: [],
    partitions: [
      { id: "p1", instances: [] },
      { id: "p2", instances: [] },
      { id: "p3", instances: [] },
    ],
  });
});
