/**
 * How an app says no where no route does: to what is not a request, comes too slowly, or leads nowhere. Services answer
 * with problem documents; the fault proxies speak as Toxiproxy does, so the form is the caller's to give.
 * Invariant: whoever is refused at the socket is gone from it soon after, also when it never closes its own end.
 */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyReply } from "fastify";
import { problem, problemTypes, type ProblemType } from "@cordon/model";

export interface RefusalForm {
  readonly contentType: string;
  /** What is sent as JSON. */
  readonly body: (type: ProblemType, detail: string | undefined) => object;
}

export const likeProblems: RefusalForm = { contentType: "application/problem+json", body: problem };

/** How long a refused client has to read why. */
const lingerMs = 1000;

export const refuse = (reply: FastifyReply, form: RefusalForm, type: ProblemType, detail?: string): FastifyReply =>
  reply
    .code(problemTypes[type].status)
    .type(form.contentType)
    .send(JSON.stringify(form.body(type, detail)));

/** The problem with this status; any other mistake of a client's is a request that is not valid. */
export function typeOf(status: number): ProblemType {
  const found = Object.entries(problemTypes).find(([, known]) => known.status === status);
  return (found?.[0] as ProblemType | undefined) ?? "invalid-request";
}

/** Bytes that never became a request: no route, no reply object, only the socket. `code` is Node's. */
export function refuseBytes(socket: Duplex, form: RefusalForm, { code }: { readonly code?: string }): void {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return refuseAt(socket, form, "headers-too-large", "Send fewer and shorter headers");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuseSlow(socket, form);
    case undefined:
    default:
      return refuseAt(socket, form, "invalid-request", "The bytes sent are not an HTTP/1.1 request");
  }
}

export const refuseSlow = (socket: Duplex, form: RefusalForm): void =>
  refuseAt(socket, form, "request-timeout", "Send the whole request, and sooner");

/** Answers on a socket, and ends it whether or not the other side does. */
export function refuseAt(socket: Duplex, form: RefusalForm, type: ProblemType, detail: string): void {
  if (!socket.writable) return void socket.destroy();
  const { status } = problemTypes[type];
  const body = JSON.stringify(form.body(type, detail));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `content-type: ${form.contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end([...head, "", body].join("\r\n"));
  const linger = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(linger));
}
