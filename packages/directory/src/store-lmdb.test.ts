import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "@cordon/runtime";
import { createLmdbStore } from "./store-lmdb.ts";
import { storeContract, type StoreGroup } from "./store.contract.ts";
import type { Store } from "./store.ts";
import { temporaryFolder } from "./test-support.ts";

const bounds = { revisionPollMs: 2, waitingReads: 4, pendingCommits: 32 };

async function makeGroup(): Promise<StoreGroup> {
  const folder = await temporaryFolder();
  const opened: Store[] = [];
  return {
    clock: systemClock,
    open() {
      const store = createLmdbStore({ file: join(folder.path, "store.mdb"), clock: systemClock, ...bounds });
      opened.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

for (const { says, prove } of storeContract(makeGroup)) {
  test(`lmdb: ${says}`, async () => {
    await expect(prove()).resolves.toBeUndefined();
  });
}

test("no more reads wait for a revision than the bound says", async () => {
  await using group = await makeGroup();
  const store = group.open();
  await store.takeTerm(1, true);
  const ended: string[] = [];
  const reads = Array.from({ length: bounds.waitingReads + 2 }, async (_, index) => {
    const { kind } = await store.readAtLeast("u@a.example", 1, systemClock.now() + 10_000);
    ended.push(`${index} ${kind}`);
  });
  await Promise.all(reads.slice(bounds.waitingReads));
  expect(ended).toEqual(["4 behind", "5 behind"]);
  await store.commit(1, [{ content: { kind: "removed", address: "v@a.example", credentialEpoch: 0 }, expected: 0 }]);
  await Promise.all(reads);
  expect(ended.slice(2).toSorted()).toEqual(["0 absent", "1 absent", "2 absent", "3 absent"]);
});

test("password hashes are for their owner alone: the folder that a store makes, and its files", async () => {
  await using folder = await temporaryFolder();
  const made = join(folder.path, "made");
  const store = createLmdbStore({ file: join(made, "store.mdb"), clock: systemClock, ...bounds });
  await store.takeTerm(1, true);
  await store.close();
  const files = ["", "store.mdb", "store.mdb-lock"].map((name) => join(made, name));
  const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777));
  expect(modes).toEqual([0o700, 0o600, 0o600]);
});

test("an instance opens and reads the store while its writer is frozen inside a transaction", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "store.mdb");
  const frozen = `
    import { openLmdb, transact } from "@cordon/runtime";
    const db = openLmdb({ path: ${JSON.stringify(file)} });
    await transact(db, () => void db.put("position", { kind: "position", term: 1, revision: 7 }));
    await db.transaction(() => {
      console.log("frozen");
      process.kill(process.pid, "SIGSTOP");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", frozen], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const store = createLmdbStore({ file, clock: systemClock, ...bounds });
  try {
    await once(child.stdout, "data");
    expect(await store.position()).toEqual({ kind: "position", term: 1, revision: 7 });
    child.kill("SIGKILL");
    await exited;
    expect(await store.takeTerm(2, true)).toEqual({ kind: "taken" });
    expect(await store.position()).toEqual({ kind: "position", term: 2, revision: 7 });
  } finally {
    child.kill("SIGKILL");
    await store.close();
    await exited;
  }
});
