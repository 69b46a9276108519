import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { thisMachine, type Machine } from "./machine.ts";
import { provision } from "./provision.ts";
import { requires } from "./requires.ts";

const run = promisify(execFile);
/** A download on a slow line; nothing is asserted about it. */
const fetchMs = 180_000;

/** A machine with an empty cache and nothing on its search path. */
async function emptyMachine(): Promise<AsyncDisposable & { folder: string; machine: Machine }> {
  const folder = await mkdtemp(join(tmpdir(), "cordon-provision-"));
  const machine = { ...thisMachine(), searchPath: [join(folder, "bin")], cache: join(folder, "cache"), inCi: false };
  await mkdir(join(folder, "bin"));
  return { folder, machine, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Without apt: the commands that would fetch are not found. */
const cutOff = async (machine: Machine, act: (machine: Machine) => Promise<void>): Promise<void> => {
  await using place = await emptyMachine();
  await act({ ...machine, cache: place.machine.cache, environment: { PATH: join(place.folder, "bin") } });
};

async function installScript(folder: string, name: string, script: string): Promise<string> {
  const path = join(folder, "bin", name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test("an installed program is taken as it is", async () => {
  await using place = await emptyMachine();
  const path = await installScript(place.folder, "redis-server", "exit 0");
  expect(await provision("redis-server", place.machine)).toEqual({ kind: "found", program: path, environment: {} });
});

test("without a program and without apt, one line says how to get it", async () => {
  await using place = await emptyMachine();
  await cutOff(place.machine, async (machine) => {
    const found = await provision("swaks", machine);
    expect(found).toEqual({
      kind: "unavailable",
      how: expect.stringMatching(
        /^swaks is not installed, and there is no apt-get .* install swaks\b[^\n]*$/,
      ) as unknown,
    });
    await expect(readdir(join(machine.cache, (await readdir(machine.cache))[0] ?? ""))).resolves.toEqual([]);
  });
});

test("what is in the cache and does not run is not relied on", async () => {
  await using place = await emptyMachine();
  await cutOff(place.machine, async (machine) => {
    await provision("redis-cli", machine);
    const [release = ""] = await readdir(machine.cache);
    const bin = join(machine.cache, release, "redis-server+redis-sentinel", "usr/bin");
    await mkdir(bin, { recursive: true });
    await symlink("/bin/false", join(bin, "redis-cli"));
    expect(await provision("redis-cli", machine)).toEqual({
      kind: "unavailable",
      how: expect.stringContaining("does not run: delete that folder") as unknown,
    });
  });
});

test("a test without its program is skipped with the reason, and fails in CI", async () => {
  await using place = await emptyMachine();
  await cutOff(place.machine, async (machine) => {
    const notes: string[] = [];
    const skip = (note: string): never => {
      notes.push(note);
      throw new Error("skipped");
    };
    await expect(requires("swaks", { skip }, machine)).rejects.toThrow("skipped");
    expect(notes).toEqual([expect.stringContaining("install swaks")]);
    await expect(requires("swaks", { skip }, { ...machine, inCi: true })).rejects.toThrow("install swaks");
    expect(notes).toHaveLength(1);
  });
});

test("two at once unpack the same program, and both may use it", { timeout: fetchMs }, async (context) => {
  await using place = await emptyMachine();
  // On a machine without apt there is nothing to race for.
  await requires("redis-server", context, { ...thisMachine(), searchPath: [] });
  const [first, second] = await Promise.all([
    provision("redis-server", place.machine),
    provision("redis-cli", place.machine),
  ]);
  if (first.kind !== "found" || second.kind !== "found") throw new Error(JSON.stringify([first, second]));
  const env = { ...place.machine.environment, ...first.environment };
  expect((await run(first.program, ["--version"], { env })).stdout).toMatch(/^Redis server v=/);
  expect((await run(second.program, ["--version"], { env })).stdout).toMatch(/^redis-cli /);
  const [release = ""] = await readdir(place.machine.cache);
  expect(await readdir(join(place.machine.cache, release))).toEqual(["redis-server+redis-sentinel"]);
});

test("swaks is provisioned and says who it is", { timeout: fetchMs }, async (context) => {
  const machine = thisMachine();
  const { program, environment } = await requires("swaks", context, machine);
  const { stdout } = await run(program, ["--version"], { env: { ...machine.environment, ...environment } });
  expect(stdout).toMatch(/^swaks version /);
});
