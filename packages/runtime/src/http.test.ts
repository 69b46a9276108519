import { once } from "node:events";
import { connect } from "node:net";
import { ProblemSchema, type Problem } from "@cordon/model";
import { Type } from "typebox";
import { pino } from "pino";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import {
  createApp,
  createAppOf,
  listen,
  requireToken,
  sendProblem,
  serviceBounds,
  type App,
  type AppBounds,
} from "./http.ts";
import type { RefusalForm } from "./http-refusal.ts";
import { createLog } from "./log.ts";

const fits = Compile(ProblemSchema);

interface Served extends AsyncDisposable {
  readonly url: string;
}

async function serve(bounds: Partial<AppBounds>, addRoutes: (app: App) => void): Promise<Served> {
  return serveApp(createApp(createLog("test", "silent"), { ...serviceBounds, ...bounds }), addRoutes);
}

async function serveApp(app: App, addRoutes: (app: App) => void): Promise<Served> {
  addRoutes(app);
  const url = await listen(app, { host: "127.0.0.1", port: 0 });
  return { url, [Symbol.asyncDispose]: () => app.close() };
}

const someRoutes = (app: App): void => {
  const body = Type.Object({ address: Type.String(), size: Type.Optional(Type.Integer()) });
  app.post("/v1/things", { schema: { body } }, (request) => request.body);
  app.get("/v1/things/:name", (request) => request.params);
  app.put("/v1/things/:name", () => ({}));
  app.get("/v1/fault", () => {
    throw new Error("the password is hunter2");
  });
  app.get("/v1/busy", (_request, reply) => sendProblem(reply, "busy", "come back", 1200));
  app.get("/v1/guarded", { onRequest: requireToken("a-long-enough-token") }, () => ({}));
  app.get("/v1/never", () => new Promise(() => {}));
};

interface Said {
  readonly status: number;
  readonly type: string;
  readonly head: string;
  readonly body: string;
}

/** Sends the bytes as they are, and reads until the server closes. */
async function sayRaw(url: string, text: string): Promise<Said> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await once(socket, "close");
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  const type = /content-type: ([^;\r\n]*)/i.exec(head)?.[1] ?? "";
  return { status: Number(head.split(" ")[1]), type, head, body };
}

const request = (line: string, headers: readonly string[] = [], body = ""): string =>
  [`${line} HTTP/1.1`, "host: test", "connection: close", ...headers, "", body].join("\r\n");
const post = (body: string, type = "application/json"): string =>
  request("POST /v1/things", [`content-type: ${type}`, `content-length: ${Buffer.byteLength(body)}`], body);

const refusals: readonly [name: string, status: number, sent: string, detail: string][] = [
  ["a body that is not JSON", 400, post('{"address": secret'), "Body is not valid JSON"],
  ["a field of the wrong type", 400, post('{"address": 1}'), "body/address must be string"],
  ["a field that is a number in text", 400, post('{"address": "a", "size": "1"}'), "body/size must be integer"],
  ["a field too many", 400, post('{"address": "a", "other": 1}'), "body has other, which nobody reads"],
  ["no body", 400, request("POST /v1/things", ["content-length: 0"]), "body must be object"],
  ["a path that is not one", 400, request("GET /v1/things/%zz"), "is not a valid url component"],
  ["bytes that are not HTTP", 400, "HELO there\r\n\r\n", "not an HTTP/1.1 request"],
  ["a request that names no host", 400, "GET /v1/busy HTTP/1.1\r\nconnection: close\r\n\r\n", "send a host header"],
  ["what is asked of a proxy", 400, request("CONNECT test:80"), "this is no proxy"],
  ["an unknown path", 404, request("GET /v1/nothing"), "GET /v1/nothing is not a route"],
  ["a known path with the wrong method", 405, request("DELETE /v1/things/x"), "use GET or PUT"],
  ["a body too large", 413, post(`{"address": "${"a".repeat(300)}"}`), "body is too large"],
  ["text", 415, post("hello", "text/plain"), ""],
  ["XML", 415, post("<a/>", "application/xml"), ""],
  [
    "too many headers",
    431,
    request(
      "GET /v1/busy",
      Array.from({ length: 101 }, () => "a: b"),
    ),
    "fewer and shorter headers",
  ],
  ["headers too large", 431, request("GET /v1/busy", [`x-long: ${"a".repeat(20_000)}`]), "fewer and shorter headers"],
];

test.for(refusals)("%s is refused with a problem document of status %i", async ([, status, sent, detail]) => {
  await using served = await serve({ bodyLimit: 200 }, someRoutes);
  const said = await sayRaw(served.url, sent);
  expect([said.status, said.type]).toEqual([status, "application/problem+json"]);
  const body: unknown = JSON.parse(said.body);
  expect(fits.Check(body)).toBe(true);
  expect(body).toMatchObject({ status });
  expect((body as Problem).detail ?? "").toContain(detail);
  expect(said.body).not.toMatch(/secret|\bat .*:\d+:\d+|node_modules/);
});

test("a fault of ours says that it is one, and nothing of what it is", async () => {
  await using served = await serve({}, someRoutes);
  const said = await sayRaw(served.url, request("GET /v1/fault"));
  expect(JSON.parse(said.body)).toEqual({
    type: "urn:cordon:problem:internal",
    title: "This is a fault of ours",
    status: 500,
  });
});

test("a temporary problem says when to come back, in the header and in the document", async () => {
  await using served = await serve({}, someRoutes);
  const response = await fetch(new URL("/v1/busy", served.url));
  expect([response.status, response.headers.get("retry-after")]).toEqual([429, "2"]);
  expect(await response.json()).toMatchObject({ type: "urn:cordon:problem:busy", retryAfterMs: 1200 });
});

test("a wrong method is told the right ones", async () => {
  await using served = await serve({}, someRoutes);
  const response = await fetch(new URL("/v1/things/x", served.url), { method: "PATCH" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, PUT"]);
});

test("an address of any length a mailbox can have stands in a path", async () => {
  await using served = await serve({}, someRoutes);
  const address = `${"ä".repeat(32)}@${"long.".repeat(40)}example`;
  const response = await fetch(new URL(`/v1/things/${encodeURIComponent(address)}`, served.url));
  expect(await response.json()).toEqual({ name: address });
  const longer = await fetch(new URL(`/v1/things/${"a".repeat(2000)}`, served.url));
  expect([longer.status, longer.headers.get("content-type")]).toEqual([400, "application/problem+json; charset=utf-8"]);
});

test("a body that trickles in is given up after its time, and the connection with it", async () => {
  await using served = await serve({ requestTimeoutMs: 100 }, someRoutes);
  const said = await sayRaw(
    served.url,
    request("POST /v1/things", ["content-type: application/json", "content-length: 20"], '{"addr'),
  );
  expect(JSON.parse(said.body)).toMatchObject({ status: 408, detail: "Send the whole request, and sooner" });
});

test("headers that trickle in are given up after their time", async () => {
  await using served = await serve({ requestTimeoutMs: 100 }, someRoutes);
  const said = await sayRaw(served.url, "GET /v1/busy HTTP/1.1\r\nhost: te");
  expect(said.status).toBe(408);
});

test("only the lab's token opens a guarded route", async () => {
  await using served = await serve({}, someRoutes);
  const status = async (authorization?: string): Promise<number> =>
    (await fetch(new URL("/v1/guarded", served.url), authorization === undefined ? {} : { headers: { authorization } }))
      .status;
  expect(await status("Bearer a-long-enough-token")).toBe(200);
  for (const given of [
    undefined,
    "",
    "Bearer a-long-enough-tokem",
    "Bearer a-long-enough-token2",
    "a-long-enough-token",
  ])
    expect(await status(given)).toBe(403);
});

test("a connection more than there may be is dropped, and closing ends those that are open", async () => {
  const served = await serve({ maxConnections: 1 }, someRoutes);
  const { hostname, port } = new URL(served.url);
  const first = connect(Number(port), hostname);
  await once(first, "connect");
  first.write("GET /v1/busy HTTP/1.1\r\nhost: test\r\n\r\n");
  await once(first, "data");
  const second = connect(Number(port), hostname);
  await once(second, "close");
  const ended = once(first, "close");
  await served[Symbol.asyncDispose]();
  await ended;
  expect(first.destroyed).toBe(true);
});

test("a client that leaves its own end open is gone all the same", async () => {
  await using served = await serve({ requestTimeoutMs: 100 }, someRoutes);
  const { hostname, port } = new URL(served.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.write("GET /v1/busy HTTP/1.1\r\nhost: te");
  socket.resume();
  await once(socket, "end");
  // Nothing tells a client that the other side is gone but a write that fails.
  const poke = setInterval(() => socket.write("s"), 50);
  const [error] = (await once(socket, "error").finally(() => clearInterval(poke))) as [NodeJS.ErrnoException];
  expect(["EPIPE", "ECONNRESET"]).toContain(error.code);
});

test("a connection on which nothing moves is closed, also with an answer under way", async () => {
  await using served = await serve({ silentMs: 100 }, someRoutes);
  const said = await sayRaw(served.url, "GET /v1/never HTTP/1.1\r\nhost: test\r\n\r\n");
  expect(said.head).toBe("");
});

test("a route that allows its bodies longer allows no other route's", async () => {
  await using served = await serve({ requestTimeoutMs: 100 }, (app) => {
    someRoutes(app);
    app.post("/v1/slow", { config: { requestTimeoutMs: 600_000 } }, () => ({}));
  });
  const { hostname, port } = new URL(served.url);
  const slow = connect(Number(port), hostname);
  const begin = (path: string): string =>
    request(`POST ${path}`, ["content-type: application/json", "content-length: 2"], "{");
  slow.write(begin("/v1/slow"));
  expect((await sayRaw(served.url, begin("/v1/things"))).status).toBe(408);
  slow.write("}");
  const [answer] = (await once(slow, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
  slow.destroy();
});

test("an expectation nobody knows is passed over", async () => {
  await using served = await serve({}, someRoutes);
  expect((await sayRaw(served.url, request("GET /v1/things/x", ["expect: wonders"]))).status).toBe(200);
});

test("whoever sends far too much can send it all, is told so, and keeps the connection", async () => {
  await using served = await serve({}, someRoutes);
  const long = "a".repeat(10_000_000);
  const head = (length: number): string =>
    `POST /v1/things HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  const said = await sayRaw(served.url, `${head(long.length)}${long}${post('{"address": "a"}')}`);
  expect(said.status).toBe(413);
  expect(said.body).toContain("HTTP/1.1 200 OK");
});

test("a service that refuses in a form of its own does so to bytes, paths and bodies alike", async () => {
  const form: RefusalForm = { contentType: "text/plain", body: (type) => ({ error: type }) };
  const app = createAppOf(createLog("test", "silent"), serviceBounds, form);
  await using served = await serveApp(app, someRoutes);
  const sent = ["HELO there\r\n\r\n", request("GET /v1/nothing"), post("{"), request("GET /v1/fault")];
  const said = await Promise.all(sent.map((text) => sayRaw(served.url, text)));
  expect(said.map(({ type }) => type)).toEqual(sent.map(() => "text/plain"));
  expect(said.map(({ body }): unknown => JSON.parse(body))).toEqual(
    ["invalid-request", "not-found", "invalid-request", "internal"].map((error) => ({ error })),
  );
});

test("what is served is told in the log, once and where", async () => {
  const lines: { msg: string; url?: string; routes?: string[] }[] = [];
  const log = pino({ level: "info" }, { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  await using served = await serveApp(createApp(log, serviceBounds), (app) => {
    app.get("/v1/things/:name", () => ({}));
    app.put("/v1/things/:name", () => ({}));
  });
  expect(lines.filter(({ msg }) => msg === "serves")).toMatchObject([
    { url: served.url, routes: ["GET /v1/things/:name", "PUT /v1/things/:name"] },
  ]);
});
