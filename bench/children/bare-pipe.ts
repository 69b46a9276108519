/**
 * The least a proxy in Node can be: each connection piped into one of its own to the upstream, and back. It is what the
 * fault proxy without toxics is measured against, and has its socket options: no delay, half-open ends passed on.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { argsOf, serve } from "./serve.ts";

/** The port of the upstream, on the loopback. */
export interface PipeArgs {
  readonly upstream: number;
}
/** The port it listens on. */
export type PipeReady = number;

const { upstream: port } = argsOf<PipeArgs>();
const options = { allowHalfOpen: true, noDelay: true };
const server = createServer(options, (client) => {
  const upstream = connect({ port, host: "127.0.0.1", ...options });
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
serve((server.address() as AddressInfo).port satisfies PipeReady, () => "nothing to do");
