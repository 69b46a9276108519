/** A small HTTP server of a test's own, on the loopback; it is gone, with its connections, at the end of its scope. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface SmallServer extends AsyncDisposable {
  readonly url: string;
}

export async function serve(answer: RequestListener): Promise<SmallServer> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
