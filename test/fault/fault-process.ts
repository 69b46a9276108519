/**
 * The fault process as a lab runs it, and an upstream to put a proxy before: for tests that speak to it as any client of
 * Toxiproxy would. Both listen on the loopback, on ports of the system's choice, and are gone with their scope.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../support/sources.ts";

export interface FaultProcess extends AsyncDisposable {
  /** Base URL of the control API. */
  readonly api: string;
}

const bounds = { maxProxies: 16, maxToxicsPerProxy: 32, maxOpenLinks: 256, maxDelayedBytes: 1_048_576 };

export async function startFaultProcess(seed: string): Promise<FaultProcess> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(mkdtempDisposableSync(join(tmpdir(), "cordon-fault-")));
  const file = join(dir.path, "fault.json");
  const config = {
    name: "fault",
    eventsFile: join(dir.path, "events.ndjson"),
    supervisorSocket: null,
    logLevel: "error",
    seed,
    bounds,
    api: { host: "127.0.0.1", port: 0 },
    proxies: [],
  };
  writeFileSync(file, JSON.stringify(config));
  const main = join(ROOT, "packages/fault/src/main.ts");
  const child = spawn(process.execPath, [main, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  opened.defer(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const [ready] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { ports } = JSON.parse(ready) as { ports: { api: string } };
  const owned = opened.move();
  return { api: ports.api, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

export interface Upstream extends AsyncDisposable {
  /** `localhost:PORT`, as people write it. */
  readonly address: string;
}

/** Sends back what it gets, and its end after the client's. */
export async function startEcho(): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: `localhost:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export interface Talker extends Disposable {
  readonly socket: Socket;
  received(): string;
  /** `connecting`, `open`, `ended` by its peer, `closed` in order, or the code of its error. */
  fate(): string;
}

/** A client of a proxy that says what became of it. It does not wait for the connect. */
export function talk(address: string, words: string): Talker {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
  let received = "";
  let fate = "connecting";
  socket.setEncoding("latin1");
  socket.on("connect", () => {
    fate = "open";
  });
  socket.on("data", (text: string) => {
    received += text;
  });
  socket.on("end", () => {
    fate = "ended";
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    fate = error.code ?? "error";
  });
  socket.on("close", (failed) => {
    if (!failed) fate = "closed";
  });
  socket.write(words);
  return { socket, received: () => received, fate: () => fate, [Symbol.dispose]: () => socket.destroy() };
}
