/**
 * What the tests of this package stand on: a folder that goes away, a control and a supervisor that speak the wire of the
 * real ones (they are other packages, so they are met only there), and role instances, in this process or as children.
 * Everything is released by scope.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { downBeatEveryMs, type DownLine, type NewRevocation, type UpLine } from "@cordon/model";
import { createEvents, createLineSplitter, createLog, createSupervisorLink, systemClock } from "@cordon/runtime";
import type { DirectoryConfig } from "./config.ts";
import { start } from "./start.ts";

const token = "a token of this test";
export const authorized = { authorization: `Bearer ${token}` };
/** `correct horse` under argon2id at the cost of this house. */
export const password = "correct horse";
export const phc = "$argon2id$v=19$m=19456,t=2,p=1$EyVMUvVAiGhEMuIcfzgmGA$iB76yrcz/yzjo4KPEnytJRYfxWNqnwuW2ljXIFiVWzs";

export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "cordon-directory-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What the control of a test does with a revocation: keep it and answer, or keep it and stay silent, or say no. */
export type ControlMood = "answers" | "silent" | "refuses";

export interface TestControl extends AsyncDisposable {
  readonly url: string;
  mood: ControlMood;
  /** Called when a revocation has been kept, before it is answered. */
  onKept: (revocation: NewRevocation) => void;
  readonly kept: readonly (NewRevocation & { credentialEpoch: number })[];
}

export async function startControl(): Promise<TestControl> {
  const kept: (NewRevocation & { credentialEpoch: number })[] = [];
  const server = createHttpServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      if (control.mood === "refuses") return response.writeHead(503).end();
      const revocation = JSON.parse(body) as NewRevocation;
      const credentialEpoch = kept.filter(({ address }) => address === revocation.address).length + 1;
      kept.push({ ...revocation, credentialEpoch });
      control.onKept(revocation);
      if (control.mood === "silent") return undefined;
      const line = { revision: kept.length, ...revocation, credentialEpoch, at: Date.now() };
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(line));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const control: TestControl = {
    url: `http://127.0.0.1:${port}`,
    mood: "answers",
    onKept: () => {},
    kept,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return control;
}

export interface TestSupervisor extends AsyncDisposable {
  readonly socket: string;
  /** Lines heard from each process by its name, oldest first. */
  readonly heard: (name: string) => readonly UpLine[];
  send(name: string, line: DownLine): void;
}

/** A supervisor that grants every seat and says what the test tells it to. */
export async function startSupervisor(folder: string): Promise<TestSupervisor> {
  const socket = join(folder, "supervisor.sock");
  const lines = new Map<string, UpLine[]>();
  const connections = new Map<string, Socket>();
  const send = (to: Socket, line: DownLine): void => void to.write(`${JSON.stringify(line)}\n`);
  const server = createServer((connection) => {
    let name = "";
    const splitter = createLineSplitter(65_536, (raw) => {
      const line = JSON.parse(raw) as UpLine;
      if (line.type === "hello") {
        ({ name } = line);
        connections.set(name, connection);
      }
      lines.set(name, [...(lines.get(name) ?? []), line]);
      if (line.type === "seat-ask") send(connection, { type: "seat", ask: line.ask, leaseMs: 10_000, free: 1 });
    });
    connection.on("data", (chunk: Buffer) => splitter.push(chunk));
    connection.on("error", () => {});
  });
  server.listen(socket);
  await once(server, "listening");
  const beats = setInterval(() => {
    for (const connection of connections.values()) send(connection, { type: "beat", freeSeats: 1 });
  }, downBeatEveryMs);
  return {
    socket,
    heard: (name) => lines.get(name) ?? [],
    send(name, line) {
      const connection = connections.get(name);
      if (connection === undefined) throw new Error(`${name} is not connected`);
      send(connection, line);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(beats);
      for (const connection of connections.values()) connection.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A configuration with bounds that suit a test; every test says what matters to it. */
export const configOf = (folder: string, instance: string, controlUrl: string): DirectoryConfig => ({
  name: instance,
  partition: "p1",
  instance,
  eventsFile: join(folder, `${instance}.events`),
  supervisorSocket: null,
  logLevel: "error",
  listen: { service: { host: "127.0.0.1", port: 0 }, health: { host: "127.0.0.1", port: 0 } },
  store: { kind: "lmdb", dataDir: join(folder, "p1") },
  control: {
    url: controlUrl,
    token,
    mapKey: "not used by a role instance, but required",
    mapFile: join(folder, "map"),
  },
  controlTimeoutMs: 1000,
  appointment: { term: 1, writer: "p1a", writerUrl: "http://127.0.0.1:1", begins: true },
  faultPoints: true,
  verifiedRecently: "off",
  longestMs: { verify: 5000, lookup: 5000, write: 5000, import: 20_000 },
  import: { maxLineBytes: 2000, batchLines: 1000 },
  bounds: { waitingReads: 16, revisionPollMs: 5, waitingWrites: 64, forwardConnections: 8, connections: 256 },
});

export interface Instance extends AsyncDisposable {
  readonly service: string;
  readonly health: string;
}

/** A role instance in this process, over real sockets. */
export async function startInstance(config: DirectoryConfig): Promise<Instance> {
  const log = createLog(config.name, config.logLevel);
  const link = createSupervisorLink({
    socket: config.supervisorSocket,
    name: config.name,
    partition: config.partition,
    instance: config.instance,
    clock: systemClock,
    random: Math.random,
    maxWaiting: 64,
    loopLagMs: () => 0,
  });
  const events = createEvents(config.name, config.eventsFile, systemClock, () => {});
  const running = await start({ config, clock: systemClock, log, events, link, random: Math.random });
  const { service = "", health = "" } = running.ports;
  return {
    service,
    health,
    async [Symbol.asyncDispose]() {
      await running.close();
      link.close();
    },
  };
}

export interface ChildInstance extends Instance {
  readonly child: ChildProcess;
}

/**
 * A role instance as a process of its own, with no supervisor or with `supervisor`. No file of it grows past `fileKiB`,
 * which is as good as a full disk.
 */
export async function spawnInstance(
  folder: string,
  config: DirectoryConfig,
  supervisor?: TestSupervisor,
  fileKiB: number | "unlimited" = "unlimited",
): Promise<ChildInstance> {
  const file = join(folder, `${config.name}.json`);
  await writeFile(file, JSON.stringify({ ...config, supervisorSocket: supervisor?.socket ?? null }));
  const main = join(import.meta.dirname, "main.ts");
  const limited = `ulimit -f ${fileKiB}; exec "$@"`;
  const child = spawn("bash", ["-c", limited, "bash", process.execPath, main, "--config", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
  };
  try {
    const ports =
      supervisor === undefined ? await portsOnStdout(child) : await portsOnLink(supervisor, config.name, child);
    return { child, service: ports["service"] ?? "", health: ports["health"] ?? "", [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function portsOnStdout(child: ChildProcess): Promise<Record<string, string>> {
  let said = "";
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.includes("\n")) return (JSON.parse(said) as { ports: Record<string, string> }).ports;
  }
  throw new Error("the instance ended before it was ready");
}

async function portsOnLink(
  supervisor: TestSupervisor,
  name: string,
  child: ChildProcess,
): Promise<Record<string, string>> {
  const ready = () => supervisor.heard(name).findLast((line) => line.type === "ready");
  await until(() => ready() !== undefined || child.exitCode !== null);
  const line = ready();
  if (line?.type !== "ready") throw new Error("the instance ended before it was ready");
  return line.ports;
}

/** A wait that takes this long is over, so that a test that fails still closes what it opened. */
const longestWaitMs = 20_000;
/** Between two looks: a wait that spins would take the core from the very process it waits for. */
const lookAgainMs = 5;
/** For tests that start processes, which on a busy machine takes seconds each. */
export const processTestMs = 60_000;

/** Resolves once `holds` does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = systemClock.now() + longestWaitMs;
  while (!(await holds())) {
    if (systemClock.now() > limit) throw new Error("what the test waited for did not come");
    await pause(lookAgainMs);
  }
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** One request; the body goes as JSON, a string goes as it is. */
export async function call(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = authorized,
): Promise<WireAnswer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(longestWaitMs),
  });
  const raw = await response.text();
  return { status: response.status, headers: response.headers, body: raw === "" ? undefined : JSON.parse(raw) };
}

/** Waits until the instance says on its health port that it writes. */
export const untilWrites = (instance: Instance): Promise<void> =>
  until(async () => {
    const { body } = await call("GET", `${instance.health}/health`);
    return (body as { writes: boolean }).writes;
  });
