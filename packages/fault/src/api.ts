/**
 * The control API: Toxiproxy's routes, shapes and statuses, so that its clients keep working, over the book of proxies.
 * No call waits for a dial. Details that clients rely on: adding a toxic answers 200, making a proxy 201, a removal 204,
 * and an error is `{error, title, status}` as JSON text sent as text/plain.
 * Toxiproxy's clients send no token, so this has none; it binds the loopback and refuses browsers, as Toxiproxy does, so
 * that no web page can break a lab by posting to 127.0.0.1.
 */
import type { FastifyReply } from "fastify";
import { createAppOf, type App, type AppBounds, type Log, type RefusalForm } from "@cordon/runtime";
import { problemTypes, type Clock } from "@cordon/model";
import { refused, type Answer, type Refusal } from "./answer.ts";
import type { Book } from "./book.ts";
import { createMetrics } from "./metrics.ts";
import { parseProxies, parseProxy, parseProxyChange, parseToxic, parseToxicChange } from "./orders.ts";

/** The Toxiproxy version whose API this is. */
const version = "2.12.0";

type ProxyRoute = { Params: { proxy: string } };
type ToxicRoute = { Params: { proxy: string; toxic: string } };

export function createFaultApi(book: Book, clock: Clock, log: Log, bounds: AppBounds): App {
  const app = createAppOf(log, bounds, likeToxiproxy);
  app.register((api, _options, done) => {
    refuseBrowsers(api);
    acceptAnyContentType(api);
    api.get("/version", () => ({ version }));
    api.post("/populate", async (request, reply) => {
      // Of all calls this one alone answers its errors as JSON that is called so, beside what it has made before them.
      const orders = parseProxies(request.body);
      if (orders.kind === "refused") return reply.code(orders.status).send({ ...errorOf(orders), proxies: null });
      const { proxies, failure } = await book.populate(orders.value);
      return reply.code(failure?.kind === "refused" ? failure.status : 201).send({ ...errorOf(failure), proxies });
    });
    const metrics = createMetrics(book);
    api.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
    api.post("/reset", async (_request, reply) => send(reply, 204, await book.reset()));
    proxyRoutes(api, book);
    toxicRoutes(api, book, clock);
    done();
  });
  return app;
}

function proxyRoutes(api: App, book: Book): void {
  api.get("/proxies", () => Object.fromEntries(book.list().map((proxy) => [proxy.name, proxy])));
  api.post("/proxies", async (request, reply) => {
    const order = parseProxy(request.body);
    return send(reply, 201, order.kind === "refused" ? order : await book.add(order.value));
  });
  api.get<ProxyRoute>("/proxies/:proxy", (request, reply) => send(reply, 200, book.get(request.params.proxy)));
  api.route<ProxyRoute>({
    method: ["POST", "PATCH"],
    url: "/proxies/:proxy",
    async handler(request, reply) {
      const change = parseProxyChange(request.body);
      return send(
        reply,
        200,
        change.kind === "refused" ? change : await book.update(request.params.proxy, change.value),
      );
    },
  });
  api.delete<ProxyRoute>("/proxies/:proxy", async (request, reply) =>
    send(reply, 204, await book.remove(request.params.proxy)),
  );
  api.get<ProxyRoute>("/proxies/:proxy/counters", (request, reply) =>
    send(reply, 200, book.counters(request.params.proxy)),
  );
  api.get<ProxyRoute>("/proxies/:proxy/seconds", (request, reply) =>
    send(reply, 200, book.seconds(request.params.proxy)),
  );
}

function toxicRoutes(api: App, book: Book, clock: Clock): void {
  api.get<ProxyRoute>("/proxies/:proxy/toxics", (request, reply) =>
    send(reply, 200, book.toxics(request.params.proxy)),
  );
  /** Answers once the proxy's door stands as its toxics want it: for all toxics but one kind it does already. */
  const sendSettled = async <T>(
    reply: FastifyReply,
    proxy: string,
    status: 200 | 204,
    answer: Answer<T>,
  ): Promise<FastifyReply> => {
    const settled = answer.kind === "refused" ? answer : await book.settled(proxy);
    return send(reply, status, settled.kind === "refused" ? settled : answer);
  };
  api.post<ProxyRoute>("/proxies/:proxy/toxics", async (request, reply) => {
    const { proxy } = request.params;
    const toxic = parseToxic(request.body);
    const added = toxic.kind === "refused" ? toxic : book.addToxic(proxy, toxic.value, clock.now());
    return sendSettled(reply, proxy, 200, added);
  });
  api.get<ToxicRoute>("/proxies/:proxy/toxics/:toxic", (request, reply) =>
    send(reply, 200, book.toxic(request.params.proxy, request.params.toxic)),
  );
  api.route<ToxicRoute>({
    method: ["POST", "PATCH"],
    url: "/proxies/:proxy/toxics/:toxic",
    async handler(request, reply) {
      const { proxy, toxic } = request.params;
      const current = book.toxic(proxy, toxic);
      const change = current.kind === "refused" ? current : parseToxicChange(request.body, current.value);
      const changed = change.kind === "refused" ? change : book.replaceToxic(proxy, change.value, clock.now());
      return sendSettled(reply, proxy, 200, changed);
    },
  });
  api.delete<ToxicRoute>("/proxies/:proxy/toxics/:toxic", async (request, reply) => {
    const { proxy, toxic } = request.params;
    return sendSettled(reply, proxy, 204, book.removeToxic(proxy, toxic));
  });
}

function refuseBrowsers(api: App): void {
  api.addHook("onRequest", (request, reply, done) => {
    const browser =
      request.headers["user-agent"]?.startsWith("Mozilla/") === true || request.headers.origin !== undefined;
    if (browser) sendError(reply, refused(403, "User agent not allowed: this API is not for browsers"));
    else done();
  });
}

/** Clients of Toxiproxy send JSON under several names, or none: the body is what counts, and an empty one is none. */
function acceptAnyContentType(api: App): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    try {
      const text = body.toString();
      done(null, text === "" ? undefined : JSON.parse(text));
    } catch {
      done(Object.assign(new Error("bad request body: it is not JSON"), { statusCode: 400 }));
    }
  });
}

function send<T>(reply: FastifyReply, status: 200 | 201 | 204, answer: Answer<T>): FastifyReply {
  if (answer.kind === "refused") return sendError(reply, answer);
  return status === 204 ? reply.code(204).send() : reply.code(status).send(answer.value);
}

const sendError = (reply: FastifyReply, refusal: Refusal): FastifyReply =>
  sendText(reply, refusal.status, refusal.error);

const sendText = (reply: FastifyReply, status: number, error: string): FastifyReply =>
  reply
    .code(status)
    .type(likeToxiproxy.contentType)
    .send(JSON.stringify(errorBody(status, error)));

// Older clients of Toxiproxy read `title`, newer ones `error`.
const errorBody = (status: number, error: string): object => ({ error, title: error, status });

/** How the app refuses what comes to no route of ours. */
const likeToxiproxy: RefusalForm = {
  contentType: "text/plain; charset=utf-8",
  body: (type, detail) => errorBody(problemTypes[type].status, detail ?? problemTypes[type].title),
};

const errorOf = (failure: Answer<never> | undefined): { error?: string; title?: string; status?: number } =>
  failure?.kind === "refused" ? { error: failure.error, title: failure.error, status: failure.status } : {};
