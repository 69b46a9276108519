/**
 * What stands behind the proxies that are measured: one port sends back what it gets, one sends bytes for as long as
 * somebody takes them, and one takes so many and then says so with a byte of its own.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { argsOf, serve } from "./serve.ts";

export interface UpstreamArgs {
  /** What the port that takes bytes waits for. */
  readonly sinkBytes: number;
}
/** Ports on the loopback. */
export interface UpstreamReady {
  readonly echo: number;
  readonly source: number;
  readonly sink: number;
}

const { sinkBytes } = argsOf<UpstreamArgs>();

const chunk = Buffer.alloc(65_536, "x");

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function pour(socket: Socket): void {
  const on = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on("drain", on);
  on();
}

function drain(socket: Socket): void {
  let taken = 0;
  socket.on("data", (data) => {
    taken += data.length;
    if (taken >= sinkBytes) socket.end("k");
  });
}

const ready: UpstreamReady = {
  echo: await listen((socket) => socket.on("data", (data) => socket.write(data))),
  source: await listen(pour),
  sink: await listen(drain),
};
serve(ready, () => "nothing to do");
