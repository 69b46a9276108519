/**
 * Role instances that answer every look-up at once, as a process of its own, so that what a bench measures in another
 * process is the caller alone. What they answer can be changed: 503 makes every call a failed one, "silent" one that hangs.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freeSeatsHeader, type LookupAnswer } from "@cordon/model";
import { argsOf, serve } from "./serve.ts";

export interface RoleArgs {
  readonly instances: number;
}
/** Base URLs of the instances. */
export type RoleReady = readonly string[];
export interface RoleOrder {
  readonly do: "answer-with";
  readonly status: 200 | 503 | "silent";
}

const answer = JSON.stringify({ kind: "mailbox", mailbox: "ann@one.test" } satisfies LookupAnswer);
const headers = { "content-type": "application/json", "content-length": answer.length, [freeSeatsHeader]: "2" };
let status: RoleOrder["status"] = 200;

const services: RoleReady = await Promise.all(
  Array.from({ length: argsOf<RoleArgs>().instances }, async () => {
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        if (status !== "silent") response.writeHead(status, headers).end(answer);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }),
);
serve<RoleOrder>(services, (order) => {
  status = order.status;
  return "done";
});
