/**
 * What control's tests share: a folder of its own for each test, a configuration, a small map, and control itself,
 * started inside the test over real sockets or as the real process. Everything ends with its scope.
 */
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PartitionMap } from "@cordon/model";
import type { ControlConfig } from "@cordon/control-client";
import { createEvents, createLog, createSupervisorLink, systemClock } from "@cordon/runtime";
import type { ControlServiceConfig } from "./config.ts";
import { start } from "./start.ts";

const token = "a-token-for-the-tests";

export interface Ground extends AsyncDisposable {
  readonly folder: string;
  readonly config: ControlServiceConfig;
  /** What a client of this control is told, once it is known where control listens. */
  client(url: string, name: string): ControlConfig;
}

/** A new folder with a key and a configuration in it. */
export async function makeGround(changes: Partial<ControlServiceConfig> = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "control-"));
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const mapKeyFile = join(folder, "map-key.pem");
  await writeFile(mapKeyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const config: ControlServiceConfig = {
    name: "control",
    eventsFile: join(folder, "control.events"),
    supervisorSocket: null,
    logLevel: "error",
    listen: { host: "127.0.0.1", port: 0 },
    dataDir: join(folder, "control"),
    mapKeyFile,
    token,
    maxMapBytes: 3_000_000,
    maxRevocations: 10_000,
    keepRevocationsMs: 3_600_000,
    maxPendingChanges: 2000,
    changeTimeoutMs: 5000,
    polls: { maxWaiting: 16, longestWaitMs: 60_000 },
    ...changes,
  };
  return {
    folder,
    config,
    client: (url, name) => ({
      url,
      token,
      mapKey: publicKey.export({ type: "spki", format: "pem" }),
      mapFile: join(folder, `${name}.map`),
    }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface Started extends AsyncDisposable {
  readonly url: string;
}

/** Control inside the test's own process, over real sockets and a real store. */
export async function startHere(config: ControlServiceConfig): Promise<Started> {
  const clock = systemClock;
  const link = createSupervisorLink({
    socket: null,
    name: config.name,
    clock,
    random: Math.random,
    maxWaiting: 1,
    loopLagMs: () => 0,
  });
  const events = createEvents(config.name, config.eventsFile, clock, () => {});
  const running = await start({
    config,
    clock,
    log: createLog(config.name, "silent"),
    events,
    link,
    random: Math.random,
  });
  return {
    url: running.ports["service"] ?? "",
    async [Symbol.asyncDispose]() {
      await running.close();
      link.close();
    },
  };
}

export interface Child extends Started {
  readonly pid: number;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Control as the real process, under the Node that runs the test. */
export async function startChild({ folder, config }: Ground): Promise<Child> {
  const file = join(folder, "control.json");
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url)), "--config", file], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as { ready: string; ports: { service: string } };
    return { url: said.ports.service, pid: child.pid ?? 0, kill, [Symbol.asyncDispose]: kill };
  }
  await kill();
  throw new Error("control ended before it was ready");
}

/** Two partitions, one role instance each. */
export const mapOf = (epoch: number, changes: Partial<PartitionMap> = {}): PartitionMap => ({
  epoch,
  partitions: [
    { id: "p1", instances: [{ id: "p1a", service: "http://127.0.0.1:8101" }] },
    { id: "p2", instances: [{ id: "p2a", service: "http://127.0.0.1:8102" }] },
  ],
  buckets: ["p1", "p2", "p1", "p2"],
  tenants: ["one.example", "two.example"],
  pins: { "one.example": "p2" },
  ...changes,
});

export interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** One exchange. `given` is sent as JSON. */
export async function say(
  url: string,
  method: string,
  path: string,
  given?: unknown,
  options: { token?: string; signal?: AbortSignal } = {},
): Promise<Said> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(given !== undefined && { "content-type": "application/json" }),
      ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    },
    ...(given !== undefined && { body: JSON.stringify(given) }),
    ...(options.signal && { signal: options.signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** A change, with the token. */
export const change = (url: string, method: string, path: string, given: unknown): Promise<Said> =>
  say(url, method, path, given, { token });

/** Resolves once `holds` does. It asks again and again, and the test's own limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(5);
}

/** How many polls control holds. */
export async function waiting(url: string): Promise<number> {
  const { body } = await say(url, "GET", "/health");
  return (body as { waiting: number }).waiting;
}
