import { expect, test } from "vitest";
import { hasProc, isAlive, kill, stateOf, systemClock } from "@cordon/runtime";
import { makeRunFolder, type RunFolder } from "../run-folder.ts";
import { programs, start, until, workingDirectory, type Started } from "../testing.fixture.ts";
import { freezesOf, orderFreeze, orderThaw } from "./order.ts";

const labOf = ({ dir, runId }: RunFolder) => ({ dir, runId, partitions: [] });
const named = ({ identity }: Started, run: RunFolder) => {
  const target = { name: "mail", ...identity };
  run.journal.spawned(target);
  return target;
};

// Without /proc no process is told from another, and none may be stopped.
test.runIf(hasProc())("a process that was frozen by order is thawed when the lease ends, and not before", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "up-00000001");
  await using sleeper = start(programs.sleeper, [], {});
  const target = named(sleeper, run);
  const now = systemClock.wall();
  expect(await orderFreeze(labOf(run), target, 2_000, now)).toEqual({ kind: "frozen" });
  expect(stateOf(target)).toBe("frozen");
  expect(freezesOf(labOf(run))).toEqual([{ target, until: now + 2_000 }]);
  expect(await orderFreeze(labOf(run), target, 2_000, now)).toMatchObject({ kind: "refused" });
  await until("the process goes on", () => stateOf(target) === "running");
  expect(systemClock.wall()).toBeGreaterThanOrEqual(now + 2_000);
  await until("its holder has ended", () => freezesOf(labOf(run)).length === 0);
});

// As above.
test.runIf(hasProc())("an order to thaw is quicker than the lease, and there is nothing to thaw twice", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "up-00000002");
  await using sleeper = start(programs.sleeper, [], {});
  const target = named(sleeper, run);
  expect(await orderFreeze(labOf(run), target, 60_000, systemClock.wall())).toEqual({ kind: "frozen" });
  expect(await orderThaw(labOf(run), "mail")).toBe(true);
  expect(stateOf(target)).toBe("running");
  expect(freezesOf(labOf(run))).toEqual([]);
  expect(await orderThaw(labOf(run), "mail")).toBe(false);
});

// As above.
test.runIf(hasProc())("the holder of a freeze ends when the process is gone, as when it is fenced", async () => {
  await using place = workingDirectory();
  const run = makeRunFolder(place.root, "up-00000003");
  await using sleeper = start(programs.sleeper, [], {});
  const target = named(sleeper, run);
  expect(await orderFreeze(labOf(run), target, 60_000, systemClock.wall())).toEqual({ kind: "frozen" });
  kill(target);
  await until("its holder has ended", () => freezesOf(labOf(run)).length === 0);
  expect(isAlive(target)).toBe(false);
});
