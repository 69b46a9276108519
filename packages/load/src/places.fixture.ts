/**
 * What a load is sent to in its tests: small servers on real sockets, each with one manner, and one that changes its
 * manner while it runs. They are the far end of a wire and nothing of ours. Every one is closed by its scope.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import type { LoadUser } from "./users.ts";

export interface Place extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Whole requests, or whole messages, heard so far. */
  readonly heard: () => number;
}

export const users: readonly LoadUser[] = Array.from({ length: 20 }, (_, index) => {
  const address = `user${index}@tenant1.example`;
  return { address, alias: address, password: `secret ${index}` };
});

const signedIn = JSON.stringify({ token: "t", tokenType: "Bearer", expiresInSeconds: 3_600, degraded: false });

export const answerOk = (_: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json" }).end(signedIn);
};
export const answerDegraded = (_: IncomingMessage, response: ServerResponse): void =>
  void response.end(signedIn.replace("false", "true"));
export const answerNothing = (): void => {};
export const answerWith =
  (status: number, body: string) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(status).end(body);
export const hangUp = (request: IncomingMessage): void => void request.socket.destroy();
/** Answers, and says that it closes the connection. */
export const answerAndClose = (_: IncomingMessage, response: ServerResponse): void =>
  void response.writeHead(200, { connection: "close" }).end(signedIn);

/** An HTTP server that answers each request, once it is whole, by `answer`. */
export function startHttp(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Place> {
  let heard = 0;
  const server = createHttp((request, response) => {
    request.resume().once("end", () => {
      heard += 1;
      answer(request, response);
    });
  });
  return listening(server, () => heard, new Set());
}

/** An SMTP server as far as a client needs one: it takes any message, or says `lastWord` after DATA; null: nothing. */
export function startSmtp(lastWord: string | null): Promise<Place> {
  let heard = 0;
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket.on("error", () => {}));
    let isData = false;
    const say = (text: string): void => void socket.write(`${text}\r\n`);
    say("220 place.example");
    let rest = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (isData && line !== ".") continue;
        if (isData) {
          isData = false;
          heard += 1;
          if (lastWord !== null) say(lastWord);
        } else if (line === "DATA") {
          isData = true;
          say("354 go on");
        } else if (line === "QUIT") socket.end("221 bye\r\n");
        else say("250 ok");
      }
    });
  });
  return listening(server, () => heard, sockets);
}

/** A port of this host where nothing listens. */
export async function deadPort(): Promise<number> {
  await using place = await listening(createTcp(), () => 0, new Set());
  return place.port;
}

async function listening(server: Server, heard: () => number, sockets: Set<Socket>): Promise<Place> {
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: "127.0.0.1",
    port,
    url: `http://127.0.0.1:${port}`,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
