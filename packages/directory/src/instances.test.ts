import { once } from "node:events";
import { expect, test } from "vitest";
import { atLeastHeader, forwardedHeader } from "@cordon/model";
import {
  authorized,
  call,
  configOf,
  password,
  phc,
  processTestMs,
  spawnInstance,
  startControl,
  startSupervisor,
  temporaryFolder,
  until,
  untilWrites,
  type Instance,
  type TestSupervisor,
} from "./test-support.ts";

const appoint = (supervisor: TestSupervisor, to: string, term: number, writer: string, url: string): void =>
  supervisor.send(to, { type: "appoint", term, writer, writerUrl: url, begins: term === 1 });

const heardAppointed = (supervisor: TestSupervisor, name: string, term: number) =>
  until(() => supervisor.heard(name).some((line) => line.type === "appointed" && line.term === term));

const addUser = ({ service }: Instance, address: string, headers = authorized) =>
  call("POST", `${service}/v1/users`, { address, phc }, headers);

const importUsers = ({ service }: Instance, count: number) => {
  const lines = Array.from({ length: count }, (_, index) => JSON.stringify({ address: `m${index}@a.example`, phc }));
  const headers = { ...authorized, "content-type": "application/x-ndjson" };
  return call("POST", `${service}/v1/import`, lines.join("\n"), headers);
};

test(
  "role instances share a store: writes go to the writer, reads are of the newest, and an old writer that wakes writes nothing",
  { timeout: processTestMs },
  async () => {
    await using folder = await temporaryFolder();
    await using control = await startControl();
    await using supervisor = await startSupervisor(folder.path);
    await using a = await spawnInstance(folder.path, configOf(folder.path, "p1a", control.url), supervisor);
    await using b = await spawnInstance(folder.path, configOf(folder.path, "p1b", control.url), supervisor);

    // Nobody is appointed yet: no writes, and reads wait for the store's first writer.
    const early = await addUser(a, "u@a.example");
    expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);

    for (const name of ["p1a", "p1b"]) appoint(supervisor, name, 1, "p1a", a.service);
    await heardAppointed(supervisor, "p1a", 1);
    await heardAppointed(supervisor, "p1b", 1);
    const appointed = ["p1a", "p1b"].map((name) => supervisor.heard(name).filter(({ type }) => type === "appointed"));
    expect(appointed).toEqual([
      [{ type: "appointed", term: 1, writes: true }],
      [{ type: "appointed", term: 1, writes: false }],
    ]);

    // Through the reader, once; a write that was forwarded already goes no further.
    const written = await addUser(b, "u@a.example");
    expect(written.body).toEqual({ kind: "written", revision: 1 });
    expect((await addUser(b, "u@a.example")).status).toBe(409);
    expect(
      (await addUser(b, "v@a.example", { ...authorized, [forwardedHeader]: "1" } as typeof authorized)).status,
    ).toBe(503);
    const imported = await importUsers(b, 300);
    expect(imported.body).toEqual({ imported: 300, refused: [], revision: 301 });
    const read = { address: "u@a.example", password };
    const verified = await call("POST", `${b.service}/v1/verify`, read, { [atLeastHeader]: "301" });
    expect(verified.body).toMatchObject({ kind: "verified", address: "u@a.example" });

    // The writer is frozen and a new one appointed without its knowing; then it wakes.
    a.child.kill("SIGSTOP");
    appoint(supervisor, "p1b", 2, "p1b", b.service);
    await heardAppointed(supervisor, "p1b", 2);
    expect((await addUser(b, "new@a.example")).body).toEqual({ kind: "written", revision: 302 });
    a.child.kill("SIGCONT");
    expect((await call("GET", `${a.health}/health`)).body).toMatchObject({ term: 1, writes: true });
    expect((await addUser(a, "late@a.example")).status).toBe(503);
    expect((await call("GET", `${a.health}/health`)).body).toMatchObject({ term: 1, writes: false, revision: 302 });
    expect((await call("POST", `${a.service}/v1/lookup`, { address: "late@a.example" })).body).toEqual({
      kind: "unknown",
    });

    // Told at last, it forwards like any other.
    appoint(supervisor, "p1a", 2, "p1b", b.service);
    await heardAppointed(supervisor, "p1a", 2);
    expect((await addUser(a, "late@a.example")).body).toEqual({ kind: "written", revision: 303 });
  },
);

test(
  "every acknowledged write is there after the writer was killed in the middle of writing",
  { timeout: processTestMs },
  async () => {
    await using folder = await temporaryFolder();
    await using control = await startControl();
    const config = configOf(folder.path, "p1a", control.url);
    const acknowledged: string[] = [];
    {
      await using a = await spawnInstance(folder.path, config);
      await untilWrites(a);
      const writeOn = async (lane: number): Promise<void> => {
        for (let index = 0; ; index++) {
          const address = `u${lane}-${index}@a.example`;
          const answer = await addUser(a, address).catch(() => undefined);
          if (answer === undefined) return;
          if (answer.status === 200) acknowledged.push(address);
          if (acknowledged.length === 60) a.child.kill("SIGKILL");
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, lane) => writeOn(lane)));
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(60);
    await using again = await spawnInstance(folder.path, config);
    await untilWrites(again);
    for (const address of acknowledged) {
      const { body } = await call("POST", `${again.service}/v1/lookup`, { address });
      expect(body).toEqual({ kind: "mailbox", mailbox: address });
    }
  },
);

test(
  "a writer killed between control and the store locks nobody out, and the change can be made again",
  { timeout: processTestMs },
  async () => {
    await using folder = await temporaryFolder();
    await using control = await startControl();
    const config = configOf(folder.path, "p1a", control.url);
    const verify = async ({ service }: Instance, given: string) =>
      (await call("POST", `${service}/v1/verify`, { address: "u@a.example", password: given })).body;
    {
      await using a = await spawnInstance(folder.path, config);
      await untilWrites(a);
      await addUser(a, "u@a.example");
      control.mood = "silent";
      control.onKept = () => a.child.kill("SIGKILL");
      await expect(call("PATCH", `${a.service}/v1/users/u@a.example`, { password: "second" })).rejects.toThrow(
        "fetch failed",
      );
    }
    control.mood = "answers";
    control.onKept = () => {};
    expect(control.kept).toMatchObject([{ reason: "password-changed", credentialEpoch: 1 }]);
    await using again = await spawnInstance(folder.path, config);
    await untilWrites(again);
    expect(await verify(again, password)).toMatchObject({ kind: "verified", credentialEpoch: 0 });
    expect((await call("PATCH", `${again.service}/v1/users/u@a.example`, { password: "second" })).status).toBe(200);
    expect(await verify(again, password)).toEqual({ kind: "mismatch" });
    expect(await verify(again, "second")).toMatchObject({ kind: "verified", credentialEpoch: 2 });
  },
);

test("a writer that ends on SIGTERM closes in order", { timeout: processTestMs }, async () => {
  await using folder = await temporaryFolder();
  await using control = await startControl();
  await using a = await spawnInstance(folder.path, configOf(folder.path, "p1a", control.url));
  await untilWrites(a);
  await addUser(a, "u@a.example");
  const ended = once(a.child, "exit");
  a.child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

test(
  "a disk that is full is unavailable and never a false yes, and the instance goes on",
  { timeout: processTestMs },
  async () => {
    await using folder = await temporaryFolder();
    await using control = await startControl();
    // A batch is begun only when all of it is sure to have room: small ones come near to the end of the disk.
    const config = { ...configOf(folder.path, "p1a", control.url), import: { maxLineBytes: 2000, batchLines: 20 } };
    const users = 12_000;
    const fileKiB = 4096;
    let stored: number;
    {
      await using a = await spawnInstance(folder.path, config, undefined, fileKiB);
      await untilWrites(a);
      const broken = await importUsers(a, users);
      expect(broken.status).toBe(503);
      stored = Number(/after (\d+) lines/.exec((broken.body as { detail: string }).detail)?.[1]);
      expect((await call("GET", `${a.health}/health`)).body).toMatchObject({ status: "ok", revision: stored });
      const read = await call("POST", `${a.service}/v1/lookup`, { address: `m${stored - 1}@a.example` });
      expect(read.body).toMatchObject({ kind: "mailbox" });
      // What still fits is written, what does not is not, and every question is answered.
      const more = await Promise.all(Array.from({ length: 20 }, (_, index) => addUser(a, `more${index}@a.example`)));
      const kept = more.filter(({ status }) => status === 200).length;
      expect(more.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
      expect((await call("GET", `${a.health}/health`)).body).toMatchObject({ revision: stored + kept });
      stored += kept;
    }
    await using again = await spawnInstance(folder.path, config);
    await untilWrites(again);
    expect((await call("GET", `${again.health}/health`)).body).toMatchObject({ revision: stored });
    expect((await importUsers(again, users)).body).toMatchObject({ imported: users, refused: [] });
  },
);
