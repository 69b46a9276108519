/**
 * A role instance that answers every look-up at once, as a process of its own, so that what a bench measures in its own
 * process is the caller alone. It tells its parent its ports, and ends when the parent does.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freeSeatsHeader, type LookupAnswer } from "@cordon/model";

const instances = Number(process.argv[2]);
const answer = JSON.stringify({ kind: "mailbox", mailbox: "ann@one.test" } satisfies LookupAnswer);
const headers = { "content-type": "application/json", "content-length": answer.length, [freeSeatsHeader]: "2" };

const ports = await Promise.all(
  Array.from({ length: instances }, async () => {
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => void response.writeHead(200, headers).end(answer));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }),
);
process.on("disconnect", () => process.exit(0));
process.send?.(ports);
