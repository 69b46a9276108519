/**
 * A disk that does not answer: another process holds the store's write lock and is frozen. Changes end with their
 * deadlines and say what may have become of them, reads go on, and nothing that was given up is done later.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deadlineHeader } from "@cordon/model";
import {
  authorized,
  call,
  configOf,
  phc,
  processTestMs,
  startControl,
  startInstance,
  temporaryFolder,
  untilWrites,
  until,
} from "./test-support.ts";

/** A process frozen inside a write transaction of the environment in `file`. */
async function freezeInside(file: string): Promise<AsyncDisposable> {
  const script = `
    import { openLmdb, transact } from "@cordon/runtime";
    await transact(openLmdb({ path: ${JSON.stringify(file)} }), () => {
      console.log("frozen");
      process.kill(process.pid, "SIGSTOP");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const within = (ms: number) => ({ ...authorized, [deadlineHeader]: String(ms) });

test(
  "while the disk does not answer, changes end with their deadlines and say whether they may have been made",
  { timeout: processTestMs },
  async () => {
    await using folder = await temporaryFolder();
    await using control = await startControl();
    const config = configOf(folder.path, "p1a", control.url);
    await using instance = await startInstance(config);
    await untilWrites(instance);
    const alias = (target: string, ms: number) =>
      call("PUT", `${instance.service}/v1/aliases/a@a.example`, { target }, within(ms));
    const standing = async (): Promise<unknown> =>
      (await call("POST", `${instance.service}/v1/lookup`, { address: "a@a.example" })).body;
    expect((await alias("first@a.example", 5000)).body).toEqual({ kind: "written", revision: 1 });
    {
      await using _frozen = await freezeInside(join(folder.path, "p1", "directory.mdb"));
      const answers = await Promise.all([alias("second@a.example", 500), alias("second@a.example", 500)]);
      expect(answers.map(({ status }) => status)).toEqual([503, 503]);
      expect(answers.map(({ body }) => (body as { detail: string }).detail).toSorted()).toEqual([
        "an earlier change of this address took all the time there was; nothing was done",
        "the change was not done in time; it may have been made, or be made yet",
      ]);
      const line = JSON.stringify({ address: "u@a.example", phc });
      const ndjson = { ...within(500), "content-type": "application/x-ndjson" };
      const imported = await call("POST", `${instance.service}/v1/import`, line, ndjson);
      expect(imported).toMatchObject({
        status: 503,
        body: {
          detail: "the import broke off after 0 lines, and the next may have been taken; send it again as it is",
        },
      });
      expect(await standing()).toMatchObject({ target: "first@a.example" });
    }
    await until(async () => ((await standing()) as { target: string }).target === "second@a.example");
    // The second change and the import's line were made late; the third change was given up and never is.
    expect((await alias("third@a.example", 5000)).body).toEqual({ kind: "written", revision: 4 });
  },
);
