/**
 * A real Redis for a test: a process of its own on a free port of the loopback, on data of its own, which can be frozen,
 * killed, started again on what it had on the disk, and spoken to past the store. Beside it, a wire that loses an answer.
 * Everything is released by scope; a frozen server too.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { provision, thisMachine } from "@cordon/provision";
import { temporaryFolder, until } from "./test-support.ts";

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  freeze(): void;
  thaw(): void;
  /** SIGKILL, and its end. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and the same data. */
  start(): Promise<void>;
  /** Sends one command past any store; the first line of its answer. */
  say(...words: string[]): Promise<string>;
}

/** Throws where there is no redis-server; a test says `requires` first. */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const machine = thisMachine();
  const found = await provision("redis-server", machine);
  if (found.kind === "unavailable") throw new Error(found.how);
  const folder = await temporaryFolder();
  const port = await freePort();
  let child: ChildProcess | undefined;

  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    kill,
    async start() {
      const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
      const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder.path, "--loglevel", "warning"];
      const started = spawn(found.program, [...place, ...durable, ...settings], {
        env: { ...machine.environment, ...found.environment },
        stdio: "ignore",
      });
      child = started;
      await until(async () => {
        if (started.exitCode !== null) throw new Error("redis-server ended before it answered");
        return (await say(port, ["PING"]).catch(() => "")) !== "";
      });
    },
    say: (...words) => say(port, words),
    async [Symbol.asyncDispose]() {
      await kill();
      await folder[Symbol.asyncDispose]();
    },
  };
  try {
    await redis.start();
    return redis;
  } catch (error) {
    await redis[Symbol.asyncDispose]();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port is free");
  return address.port;
}

async function say(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${bulk.join("")}`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString().split("\r\n")[0] ?? "";
  } finally {
    socket.destroy();
  }
}

export interface LossyWire extends AsyncDisposable {
  readonly url: string;
  /** The next answer of Redis is thrown away, and its connection with it. */
  loseNextAnswer(): void;
  /** Connections that were ever made through it. */
  connections(): number;
}

/** A wire to `redis` that passes everything on, but for the answers it is told to lose. */
export async function lossyWire(redis: TestRedis): Promise<LossyWire> {
  const open = new Set<Socket>();
  let losing = false;
  let made = 0;
  const server = createServer((near) => {
    made += 1;
    const far = connect(redis.port, "127.0.0.1");
    const drop = (): void => {
      for (const socket of [near, far]) {
        socket.destroy();
        open.delete(socket);
      }
    };
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", drop).on("close", drop);
    }
    near.on("data", (chunk: Buffer) => void far.write(chunk));
    far.on("data", (chunk: Buffer) => {
      if (!losing) return void near.write(chunk);
      losing = false;
      return drop();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `redis://127.0.0.1:${port}`,
    loseNextAnswer: () => void (losing = true),
    connections: () => made,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
