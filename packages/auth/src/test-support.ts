/**
 * What the tests of the door stand on, over real sockets: a control, a supervisor and role instances that speak the wire
 * of the real ones (they are other packages, so they are met only there), and the door itself, in this process or as a
 * child. Nothing waits for a time: tests wait for what they need to see. Everything is released by scope.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { Event, FallbackSettings, GuardSettings } from "@cordon/model";
import { createEvents, createLog, createSupervisorLink, systemClock } from "@cordon/runtime";
import type { AuthConfig } from "./config.ts";
import { start } from "./start.ts";
import { startControl, startRole, startSupervisor, token } from "./test-wire.ts";

export const fallbackSettings: FallbackSettings = {
  maxAgeMs: 72 * 3_600_000,
  feedFreshMs: 60_000,
  maxEntries: 100,
  tokenSeconds: 300,
  waiting: 8,
};

/** A guard that judges by the operator's word alone, so that a test decides when a partition is cut off. */
const guardSettings: GuardSettings = {
  attemptTimeoutMs: { verify: 10_000, lookup: 10_000 },
  deadlineMs: { verify: 15_000, lookup: 15_000 },
  bulkhead: { kind: "per-partition", seats: 32, waiting: 64, waitMs: 10_000 },
  breaker: "off",
  retry: { attempts: 0, delay: { kind: "fixed", ms: 0 }, budget: "off" },
  hedge: "off",
  evidence: {
    canaryEveryMs: 1000,
    canaryTimeoutMs: 1000,
    overdueMs: { verify: 10_000, lookup: 10_000 },
    redMisses: 100,
    windowMs: 3000,
    minSamples: 100,
    redShare: 1,
    yellowShare: 1,
    greenSuccesses: 3,
    slowFactor: 100,
    hostSlowShare: 1,
  },
  ejection: "off",
  isolation: "off",
};

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "cordon-auth-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The users of one.test live in p1, those of two.test in p2, and everybody else in p1. */
export async function startGround() {
  await using scope = new AsyncDisposableStack();
  const folder = scope.use(await temporaryFolder()).path;
  const control = scope.use(await startControl());
  const supervisor = scope.use(await startSupervisor(folder));
  const p1 = scope.use(await startRole());
  const p2 = scope.use(await startRole());
  control.publish({
    epoch: 1,
    partitions: [
      { id: "p1", instances: [{ id: "p1a", service: p1.url }] },
      { id: "p2", instances: [{ id: "p2a", service: p2.url }] },
    ],
    buckets: ["p1"],
    tenants: ["one.test", "two.test"],
    pins: { "one.test": "p1", "two.test": "p2" },
  });
  const config: AuthConfig = {
    name: "auth",
    eventsFile: join(folder, "auth.events"),
    supervisorSocket: supervisor.socket,
    logLevel: "error",
    listen: { host: "127.0.0.1", port: 0 },
    control: { url: control.url, token, mapKey: control.mapKey, mapFile: join(folder, "auth.map") },
    guard: guardSettings,
    fallback: fallbackSettings,
    dataDir: join(folder, "auth"),
    issuer: "https://auth.test",
    tokenSeconds: 3600,
    signInBudgetMs: 20_000,
    fallbackReserveMs: 5_000,
    maxSignIns: 64,
    mapSizeBytes: 16_777_216,
  };
  const opened = scope.move();
  return { folder, control, supervisor, p1, p2, config, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export interface Door extends AsyncDisposable {
  readonly url: string;
}

export type Ground = Awaited<ReturnType<typeof startGround>>;

/** The door in this process. Once it resolves the door has heard control's orders and its log to the end. */
export async function openDoor({ config, control }: Ground, changes: Partial<AuthConfig> = {}): Promise<Door> {
  control.expectFollower();
  const door = await startDoor({ ...config, ...changes });
  await control.followed();
  return door;
}

async function startDoor(config: AuthConfig): Promise<Door> {
  const link = createSupervisorLink({
    socket: config.supervisorSocket,
    name: config.name,
    clock: systemClock,
    random: Math.random,
    maxWaiting: 64,
    loopLagMs: () => 0,
  });
  const log = createLog(config.name, config.logLevel);
  const events = createEvents(config.name, config.eventsFile, systemClock, () => {});
  try {
    const running = await start({ config, clock: systemClock, log, events, link, random: Math.random });
    return {
      url: running.ports["service"] ?? "",
      async [Symbol.asyncDispose]() {
        await running.close();
        link.close();
      },
    };
  } catch (error) {
    link.close();
    throw error;
  }
}

export interface ChildDoor extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The URL of its service, once it is ready; undefined when it ended before. */
  readonly ready: Promise<string | undefined>;
  /** What it wrote to stderr and how it ended. */
  readonly ended: Promise<{ readonly stderr: string; readonly code: number | null }>;
}

/** The door as a process of its own, with no supervisor. No file of it grows past `fileKiB`: as good as a full disk. */
export async function spawnDoor(
  folder: string,
  config: object,
  fileKiB: number | "unlimited" = "unlimited",
): Promise<ChildDoor> {
  const file = join(folder, "auth.json");
  await writeFile(file, JSON.stringify({ ...config, supervisorSocket: null }));
  const main = join(import.meta.dirname, "main.ts");
  const limited = `ulimit -f ${fileKiB}; exec "$@"`;
  const child = spawn("bash", ["-c", limited, "bash", process.execPath, main, "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(child, "close");
  return {
    child,
    ready: firstPort(child.stdout),
    ended: closed.then(() => ({ stderr, code: child.exitCode })),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await closed;
    },
  };
}

async function firstPort(stdout: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface(stdout))
    return (JSON.parse(line) as { ports: { service: string } }).ports.service;
  return undefined;
}

export interface Said {
  readonly status: number;
  /** All headers but the date. */
  readonly headers: Readonly<Record<string, string>>;
  /** The very bytes, as text. */
  readonly text: string;
}

export async function say(url: string, init: RequestInit = {}): Promise<Said> {
  const response = await fetch(url, init);
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "date"));
  return { status: response.status, headers, text: await response.text() };
}

/** One sign-in over the wire. */
export const signIn = (
  door: { readonly url: string },
  address: string,
  password: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Said> =>
  say(`${door.url}/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ address, password }),
    ...(signal && { signal }),
  });

export const bodyOf = ({ text }: Said): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

/** The claims of a token; whether its signature is right is another question. */
export const claimsOf = (said: Said): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(bodyOf(said)["token"]).split(".")[1] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;

export async function eventsOf(config: AuthConfig): Promise<Event[]> {
  const lines = (await readFile(config.eventsFile, "utf8").catch(() => "")).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Event);
}

/** Resolves once `holds` does; the test's own time limit is the bound. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(2);
}
