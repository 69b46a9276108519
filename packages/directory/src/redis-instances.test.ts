import { expect, test } from "vitest";
import { atLeastHeader } from "@cordon/model";
import { requires, thisMachine } from "@cordon/provision";
import type { DirectoryConfig } from "./config.ts";
import { startRedis, type TestRedis } from "./redis.fixture.ts";
import {
  authorized,
  call,
  configOf,
  password,
  phc,
  spawnInstance,
  startControl,
  startSupervisor,
  temporaryFolder,
  until,
  type Instance,
  type TestSupervisor,
} from "./test-support.ts";

const manyProcessesMs = 90_000;

const over = ({ url }: TestRedis, config: DirectoryConfig): DirectoryConfig => ({
  ...config,
  store: {
    kind: "redis",
    url,
    connectWithinMs: 500,
    silentMs: 500,
    readWithinMs: 2000,
    writeWithinMs: 4000,
    pendingCalls: 64,
  },
});

const appoint = (supervisor: TestSupervisor, to: string, term: number, writer: string, url: string): void =>
  supervisor.send(to, { type: "appoint", term, writer, writerUrl: url, begins: term === 1 });

const heardAppointed = (supervisor: TestSupervisor, name: string, term: number) =>
  until(() => supervisor.heard(name).some((line) => line.type === "appointed" && line.term === term));

const addUser = ({ service }: Instance, address: string) =>
  call("POST", `${service}/v1/users`, { address, phc }, authorized);

const verify = ({ service }: Instance, atLeast: number) =>
  call("POST", `${service}/v1/verify`, { address: "u@a.example", password }, { [atLeastHeader]: String(atLeast) });

test(
  "role instances over one Redis: a frozen writer that wakes writes nothing, a frozen or killed Redis loses nothing",
  { timeout: manyProcessesMs },
  async (context) => {
    await requires("redis-server", context, thisMachine());
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    await using control = await startControl();
    await using supervisor = await startSupervisor(folder.path);
    const configured = (id: string) => over(redis, configOf(folder.path, id, control.url));
    await using a = await spawnInstance(folder.path, configured("p1a"), supervisor);
    await using b = await spawnInstance(folder.path, configured("p1b"), supervisor);
    expect((await verify(b, 0)).status).toBe(503);

    for (const name of ["p1a", "p1b"]) appoint(supervisor, name, 1, "p1a", a.service);
    await heardAppointed(supervisor, "p1a", 1);
    await heardAppointed(supervisor, "p1b", 1);
    // Through the reader, which forwards it; what was written there is read here.
    expect((await addUser(b, "u@a.example")).body).toEqual({ kind: "written", revision: 1 });
    expect((await verify(b, 1)).body).toMatchObject({ kind: "verified", address: "u@a.example" });

    a.child.kill("SIGSTOP");
    appoint(supervisor, "p1b", 2, "p1b", b.service);
    await heardAppointed(supervisor, "p1b", 2);
    expect((await addUser(b, "new@a.example")).body).toEqual({ kind: "written", revision: 2 });
    a.child.kill("SIGCONT");
    expect((await addUser(a, "late@a.example")).status).toBe(503);
    expect((await call("GET", `${a.health}/health`)).body).toMatchObject({ term: 1, writes: false, revision: 2 });

    redis.freeze();
    expect((await verify(b, 0)).status).toBe(503);
    expect((await addUser(b, "frozen@a.example")).status).toBe(503);
    expect((await call("GET", `${b.health}/health`)).status).toBe(200);
    redis.thaw();
    await until(async () => (await verify(b, 2)).status === 200);

    await redis.kill();
    expect((await verify(b, 0)).status).toBe(503);
    await redis.start();
    await until(async () => (await verify(b, 2)).status === 200);
    expect((await addUser(a, "after@a.example")).status).toBe(503);
    expect((await addUser(b, "after@a.example")).body).toMatchObject({ kind: "written" });
  },
);
