/**
 * The one way a service of Cordon listens to HTTP: Fastify, with every bound said aloud, every refusal a problem
 * document, no stack trace on the wire, and 405 told apart from 404. A route's schemas are TypeBox schemas; what does not
 * fit is a 400 that names the field.
 */
import { timingSafeEqual } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import Fastify, {
  LogController,
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type preHandlerHookHandler,
} from "fastify";
import { problem, problemTypes, type ProblemType } from "@cordon/model";
import type { Listen } from "./config.ts";
import type { Log } from "./log.ts";

export type App = FastifyInstance;

export interface AppBounds {
  /** Largest request body, bytes. */
  readonly bodyLimit: number;
  /** Longest time from the first byte of a request to its last, milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept, milliseconds. */
  readonly keepAliveMs: number;
  /** Open connections, at most. */
  readonly maxConnections: number;
}

/** The bounds the services use unless they have a reason; docs/limits lists them. */
export const serviceBounds: AppBounds = {
  bodyLimit: 65_536,
  requestTimeoutMs: 10_000,
  keepAliveMs: 60_000,
  maxConnections: 4096,
};

/** The longest part of a path that can be a parameter, characters as sent; an address has at most 320 octets. */
const longestPathPart = 1024;
/** How often Node looks for requests that take too long; its own 30 s would make a 10 s bound a 40 s one. */
const checkSlowEveryMs = 1000;
const longestDetail = 300;

/** An app with Cordon's manners. The caller adds routes and calls `listen`. */
export function createApp(log: Log, bounds: AppBounds): App {
  const loggerInstance: FastifyBaseLogger = log;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bounds.bodyLimit,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: bounds.keepAliveMs,
    http: {
      headersTimeout: bounds.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(checkSlowEveryMs, bounds.requestTimeoutMs),
    },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // An address in a path may be longer than the router's own 100 characters; past its bound it would be a 404.
    routerOptions: { maxParamLength: longestPathPart },
    clientErrorHandler: (error, socket) => answerBadBytes(error, socket, bounds.requestTimeoutMs),
    frameworkErrors(error, _request, reply) {
      answerError(error, reply, log);
    },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  });
  app.server.maxConnections = bounds.maxConnections;
  // Fastify reads text by itself; here it is one more media type that is not for this service.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler<FastifyError>((error, _request, reply) => answerError(error, reply, log));
  tellMethods(app);
  return app;
}

/** An unknown path is a 404; a known one, asked with the wrong method, is a 405 that says which are right. */
function tellMethods(app: App): void {
  const paths = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ method, url }) => {
    const methods = paths.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    paths.set(url, methods);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    const allowed = [...paths].filter(([pattern]) => matches(pattern, path)).flatMap(([, methods]) => [...methods]);
    if (allowed.length === 0)
      return sendProblem(reply, "not-found", `${request.method} ${path.slice(0, 200)} is not a route of this service`);
    reply.header("allow", allowed.join(", "));
    return sendProblem(reply, "method-not-allowed", `use ${allowed.join(" or ")}`);
  });
}

/** What a thrown error becomes: a problem that names a mistake of the client's, and says nothing of one of ours. */
function answerError(error: Partial<FastifyError>, reply: FastifyReply, log: Log): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    log.error({ err: error }, "a request failed");
    return sendProblem(reply, "internal");
  }
  const type = typeOf(status);
  const detail = type === "unsupported-media-type" ? undefined : error.message?.slice(0, longestDetail);
  return sendProblem(reply, type, detail);
}

/** Bytes that never became a request: no route, no reply object, only the socket. */
function answerBadBytes({ code }: ConnectionError, socket: Socket, requestTimeoutMs: number): void {
  if (!socket.writable) return void socket.destroy();
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      socket.end(rawProblem("headers-too-large", "Send shorter headers"));
      return;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      socket.end(rawProblem("request-timeout", `The request did not arrive within ${requestTimeoutMs} ms`));
      return;
    default:
      socket.end(rawProblem("invalid-request", "The bytes sent are not an HTTP/1.1 request"));
  }
}

/** Answers with a problem document, and with Retry-After where the problem is temporary. */
export function sendProblem(
  reply: FastifyReply,
  type: ProblemType,
  detail?: string,
  retryAfterMs?: number,
): FastifyReply {
  if (retryAfterMs !== undefined) reply.header("retry-after", Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return reply
    .code(problemTypes[type].status)
    .type("application/problem+json")
    .send(problem(type, detail, retryAfterMs));
}

/** Listens and returns the base URL, with the port that was really bound. */
export async function listen(app: App, at: Listen): Promise<string> {
  await app.listen({ host: at.host, port: at.port, backlog: 511 });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no TCP port");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

/** A hook that lets only the holder of the lab's token pass. */
export function requireToken(token: string): preHandlerHookHandler {
  const wanted = Buffer.from(`Bearer ${token}`);
  return (request: FastifyRequest, reply: FastifyReply, done) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) done();
    else sendProblem(reply, "forbidden", "send authorization: Bearer TOKEN with the token of this lab");
  };
}

function typeOf(status: number): ProblemType {
  const found = Object.entries(problemTypes).find(([, known]) => known.status === status);
  return (found?.[0] as ProblemType | undefined) ?? "invalid-request";
}

/** Whether a Fastify route pattern (`/v1/users/:address`, `/x/*`) covers the path. */
function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const wildcard = wanted.at(-1) === "*";
  if (wildcard ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((part, index) => part === "*" || part.startsWith(":") || part === given[index]);
}

function rawProblem(type: ProblemType, detail: string): string {
  const { status } = problemTypes[type];
  const body = JSON.stringify(problem(type, detail));
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
