/**
 * The one way a service of Cordon listens to HTTP: Fastify, with every bound said aloud, every refusal a problem
 * document, no stack trace on the wire, and 405 told apart from 404. A route's schemas are TypeBox schemas; what does not
 * fit is a 400 that names the field. Once it listens, it says in the log which routes it has.
 * Invariant: no client holds a connection, or a part of the service, for longer than the bounds say, whatever it sends or
 * leaves unread.
 */
import { timingSafeEqual } from "node:crypto";
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type onRequestHookHandler,
} from "fastify";
import type { TSchema } from "typebox";
import { problem, problemTypes, type ProblemType } from "@cordon/model";
import type { Listen } from "./config.ts";
import { likeProblems, refuse, refuseAt, refuseBytes, refuseSlow, typeOf, type RefusalForm } from "./http-refusal.ts";
import { closed, explainFlaws, schemaController } from "./http-schema.ts";
import type { Log } from "./log.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** In place of the app's own, for a route whose body takes longer to come. */
    requestTimeoutMs?: number;
  }
}

export type App = FastifyInstance;

export interface AppBounds {
  /** Largest request body, bytes. */
  readonly bodyLimit: number;
  /** Longest request line and headers together, bytes; and how many headers. */
  readonly headerBytes: number;
  readonly headerCount: number;
  /** Longest time for the headers of a request, and for its body, milliseconds. A route's `config` may allow its body more. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept, milliseconds. */
  readonly keepAliveMs: number;
  /** How long nothing may move on a connection with a request under way, milliseconds: above the longest answer's wait. */
  readonly silentMs: number;
  /** Open connections, at most; a further one is closed at once. */
  readonly maxConnections: number;
}

/** The bounds the services use unless they have a reason; docs/limits lists them. */
export const serviceBounds: AppBounds = {
  bodyLimit: 65_536,
  headerBytes: 16_384,
  headerCount: 100,
  requestTimeoutMs: 10_000,
  keepAliveMs: 60_000,
  silentMs: 120_000,
  maxConnections: 4096,
};

/** The longest part of a path that can be a parameter, characters as sent; an address has at most 320 octets. */
const longestPathPart = 1024;
/** How often Node looks for requests that take too long; its own 30 s would make a 10 s bound a 40 s one. */
const checkSlowEveryMs = 1000;
/** Connections the kernel completes before the process accepts them. */
const backlog = 511;
const longestDetail = 300;

/** An app with Cordon's manners. The caller adds routes and calls `listen`. */
export const createApp = (log: Log, bounds: AppBounds): App => createAppOf(log, bounds, likeProblems);

/** As createApp, for a service whose clients know refusals of another form. */
export function createAppOf(log: Log, bounds: AppBounds, form: RefusalForm): App {
  const loggerInstance: FastifyBaseLogger = log;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bounds.bodyLimit,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: bounds.keepAliveMs,
    connectionTimeout: bounds.silentMs,
    http: {
      headersTimeout: bounds.requestTimeoutMs,
      maxHeaderSize: bounds.headerBytes,
      connectionsCheckingInterval: Math.min(checkSlowEveryMs, bounds.requestTimeoutMs),
      // Node would refuse the request itself, with an empty body.
      requireHostHeader: false,
    },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // An address in a path may be longer than the router's own 100 characters; past its bound it would be a 404.
    routerOptions: { maxParamLength: longestPathPart },
    clientErrorHandler: (error, socket) => refuseBytes(socket, form, error),
    frameworkErrors(error, _request, reply) {
      answerError(error, reply, log, form);
    },
    schemaController,
    schemaErrorFormatter: explainFlaws,
  });
  app.server.maxConnections = bounds.maxConnections;
  app.server.maxHeadersCount = bounds.headerCount;
  // Fastify reads text by itself; here it is one more media type that is not for this service.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler<FastifyError>((error, _request, reply) => answerError(error, reply, log, form));
  app.addHook("onRoute", ({ schema }) => {
    if (schema?.body !== undefined) schema.body = closed(schema.body as TSchema);
  });
  answerWhatNodeWould(app, form);
  endSlowBodies(app, bounds.requestTimeoutMs, form);
  tellRoutes(app, form);
  return app;
}

/** Node answers some requests by itself, with no body or not at all. */
function answerWhatNodeWould(app: App, form: RefusalForm): void {
  // An expectation other than 100-continue may be ignored (RFC 9110, 10.1.1).
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  app.server.on("connect", (_request, socket) => refuseAt(socket, form, "invalid-request", "this is no proxy"));
  app.addHook("onRequest", ({ raw, headers }, reply, done) => {
    if (raw.httpVersion === "1.0" || headers.host !== undefined) done();
    else refuse(reply, form, "invalid-request", "send a host header");
  });
  // The rest of a body that is refused is read and thrown away, for as long as a request may take: were the connection
  // closed on it, the client would often see a reset and never the answer.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    reply.removeHeader("connection");
    done();
  });
}

/** Node has one bound for all requests of a server: it is the longest of any route, and the others are held here. */
function endSlowBodies(app: App, requestTimeoutMs: number, form: RefusalForm): void {
  app.addHook("onRoute", ({ config }) => {
    app.server.requestTimeout = Math.max(app.server.requestTimeout, config?.requestTimeoutMs ?? 0);
  });
  app.addHook("onRequest", ({ raw, routeOptions }, reply, done) => {
    const withinMs = routeOptions.config.requestTimeoutMs ?? requestTimeoutMs;
    const hasBody = "content-length" in raw.headers || "transfer-encoding" in raw.headers;
    if (!hasBody || withinMs >= app.server.requestTimeout) return done();
    const timer = setTimeout(() => {
      if (raw.complete) return;
      if (reply.sent) raw.socket.destroy();
      else refuseSlow(raw.socket, form);
    }, withinMs);
    const callOff = (): void => clearTimeout(timer);
    raw.once("end", callOff).once("close", callOff);
    done();
  });
}

/**
 * An unknown path is a 404; a known one, asked with the wrong method, is a 405 that says which are right. All of them are
 * in the log once they are served, so that whoever looks from outside knows what there is to ask.
 */
function tellRoutes(app: App, form: RefusalForm): void {
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
      return refuse(reply, form, "not-found", `${request.method} ${path.slice(0, 200)} is not a route of this service`);
    reply.header("allow", allowed.join(", "));
    return refuse(reply, form, "method-not-allowed", `use ${allowed.join(" or ")}`);
  });
  app.addHook("onListen", (done) => {
    const routes = [...paths].flatMap(([path, methods]) => [...methods].map((method) => `${method} ${path}`));
    app.log.info({ url: urlOf(app), routes }, "serves");
    done();
  });
}

/** What a thrown error becomes: a problem that names a mistake of the client's, and says nothing of one of ours. */
function answerError(error: Partial<FastifyError>, reply: FastifyReply, log: Log, form: RefusalForm): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    log.error({ err: error }, "a request failed");
    return refuse(reply, form, "internal");
  }
  const type = typeOf(status);
  const detail = type === "unsupported-media-type" ? undefined : error.message?.slice(0, longestDetail);
  return refuse(reply, form, type, detail);
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
  await app.listen({ host: at.host, port: at.port, backlog });
  return urlOf(app);
}

function urlOf(app: App): string {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no TCP port");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

/** A hook that lets only the holder of the lab's token pass. */
export function requireToken(token: string): onRequestHookHandler {
  const wanted = Buffer.from(`Bearer ${token}`);
  return (request: FastifyRequest, reply: FastifyReply, done) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) done();
    else sendProblem(reply, "forbidden", "send authorization: Bearer TOKEN with the token of this lab");
  };
}

/** Whether a Fastify route pattern (`/v1/users/:address`, `/x/*`) covers the path. */
function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const wildcard = wanted.at(-1) === "*";
  if (wildcard ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((part, index) => part === "*" || part.startsWith(":") || part === given[index]);
}
