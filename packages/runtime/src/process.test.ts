import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { makeFolder, startSupervisor, until } from "./test-support.ts";

/** A whole process as small as one can be: it serves nothing, says one event, logs a secret, and lives until it is told to end. */
const program = `
import { ConfigError, parseConfig, ProcessConfigSchema, readConfig, runProcess } from ${JSON.stringify(new URL("index.ts", import.meta.url).href)};
await runProcess((file) => readConfig(ProcessConfigSchema, file), process.argv, async ({ config, events, log }) => {
  if (config.name === "misled") throw new ConfigError("key.pem", [{ line: 1, column: 1, path: "", message: "is no key" }]);
  if (config.name === "broken") throw new Error("a bug");
  if (config.name === "complaining") for (const _ of [1, 2]) await new Promise((done) => setTimeout(done, 1, console.error("of a library")));
  events.emit("process-started", "x".repeat(600), { partition: "p1" });
  log.info({ address: "ann@one.example", password: "hunter2", given: { token: "hunter2" } }, "signed in");
  const timer = setInterval(() => {}, 1000);
  return { ports: { service: "http://127.0.0.1:1" }, async close() { clearInterval(timer); log.info("closed"); } };
});
`;

async function run(folder: string, config: object | undefined, stderrTo: "pipe" | number = "pipe") {
  const file = join(folder, "process.json");
  const main = join(folder, "main.ts");
  await writeFile(main, program);
  if (config !== undefined) await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [main, ...(config === undefined ? [] : ["--config", file])], {
    stdio: ["ignore", "pipe", stderrTo],
  });
  const { stdout: said } = child;
  if (said === null) throw new Error("stdout is a pipe");
  const complaints = child.stderr === null ? "" : text(child.stderr);
  const ended = Promise.all([once(child, "exit"), text(said), complaints]);
  return {
    child,
    said,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
    async end() {
      const [, stdout, stderr] = await ended;
      return { code: child.exitCode, stdout, stderr };
    },
  };
}

/** As run, but kept in readiness: what is written to its stdin is all it is told. */
async function standBy(folder: string, told: string) {
  const main = join(folder, "main.ts");
  await writeFile(main, program);
  const child = spawn(process.execPath, [main, "--standby"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = Promise.all([once(child, "exit"), text(child.stdout), text(child.stderr)]);
  child.stdin.end(told);
  return {
    child,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
    async end() {
      const [, stdout, stderr] = await ended;
      return { code: child.exitCode, stdout, stderr };
    },
  };
}

const configOf = (folder: string, changes: object = {}) => ({
  name: "probe",
  eventsFile: join(folder, "events", "probe.ndjson"),
  supervisorSocket: null,
  logLevel: "info",
  ...changes,
});

test("a process says that it is ready, and closes what it opened when it is told to end", async () => {
  await using folder = await makeFolder();
  await using running = await run(folder.path, configOf(folder.path));
  await once(running.said, "data");
  running.child.kill("SIGTERM");
  const { code, stdout, stderr } = await running.end();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ ready: "probe", ports: { service: "http://127.0.0.1:1" } });
  expect(stderr).toContain('"msg":"closed"');
});

test("a process says what it serves to its supervisor, and leaves stdout alone", async () => {
  await using folder = await makeFolder();
  await using supervisor = await startSupervisor(join(folder.path, "link"));
  await using running = await run(folder.path, configOf(folder.path, { supervisorSocket: supervisor.socket }));
  await until(() => supervisor.heard.length === 2);
  expect(supervisor.heard).toMatchObject([
    { type: "hello", name: "probe", pid: running.child.pid },
    { type: "ready", ports: { service: "http://127.0.0.1:1" } },
  ]);
  running.child.kill("SIGINT");
  expect(await running.end()).toMatchObject({ code: 0, stdout: "" });
});

test("an event is on file when it is said, and no secret is in the log", async () => {
  await using folder = await makeFolder();
  await using running = await run(folder.path, configOf(folder.path));
  await once(running.said, "data");
  running.child.kill("SIGKILL");
  const { stderr } = await running.end();
  const lines = (await readFile(join(folder.path, "events", "probe.ndjson"), "utf8")).trimEnd().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    {
      at: expect.any(Number) as number,
      source: "probe",
      kind: "process-started",
      partition: "p1",
      detail: "x".repeat(500),
    },
  ]);
  expect(stderr).toContain("ann@one.example");
  expect(stderr).not.toContain("hunter2");
});

test("a mistake in the configuration is a message and exit 2, without a stack", async () => {
  await using folder = await makeFolder();
  const end = async (config: object | undefined) => {
    await using running = await run(folder.path, config);
    return await running.end();
  };
  const file = join(folder.path, "process.json");
  expect(await end(undefined)).toEqual({ code: 2, stdout: "", stderr: "usage: --config FILE | --standby\n" });
  const wrong = await end(configOf(folder.path, { name: 7 }));
  expect([wrong.code, wrong.stderr]).toEqual([2, `${file}:1:9 name: must be string\n`]);
  expect(await end(configOf(folder.path, { name: "misled" }))).toEqual({
    code: 2,
    stdout: "",
    stderr: "key.pem:1:1 is no key\n",
  });
});

test("a bug is a line in the log and exit 1", async () => {
  await using folder = await makeFolder();
  await using running = await run(folder.path, configOf(folder.path, { name: "broken" }));
  const { code, stderr } = await running.end();
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ level: 60, err: { message: "a bug" } });
});

// Only Linux has a file that is always full.
test.runIf(existsSync("/dev/full"))("a library that complains on a full stderr does not end the process", async () => {
  await using folder = await makeFolder();
  const full = openSync("/dev/full", "w");
  await using running = await run(folder.path, configOf(folder.path, { name: "complaining" }), full);
  closeSync(full);
  const first = await Promise.race([once(running.said, "data"), once(running.child, "exit")]);
  expect(String(first[0])).toContain('"ready":"complaining"');
});

test("a process on standby becomes what the configuration says that it is told of", async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, "later.json");
  await writeFile(file, JSON.stringify(configOf(folder.path)));
  await using waiting = await standBy(folder.path, `${file}\n`);
  const lines = createInterface({ input: waiting.child.stdout });
  for await (const line of lines) if (line.includes('"ready"')) break;
  waiting.child.kill("SIGTERM");
  const { code } = await waiting.end();
  expect(code).toBe(0);
});

test("a process on standby that nobody needs any more ends without a word", async () => {
  await using folder = await makeFolder();
  await using waiting = await standBy(folder.path, "");
  expect(await waiting.end()).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a process on standby that is told of a file that is not there says so and ends with 2", async () => {
  await using folder = await makeFolder();
  await using waiting = await standBy(folder.path, join(folder.path, "nowhere.json"));
  const { code, stderr } = await waiting.end();
  expect(code).toBe(2);
  expect(stderr).toContain("nowhere.json:1:1 cannot be read");
});
