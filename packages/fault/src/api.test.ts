/** The API as Toxiproxy's clients meet it, over real HTTP, and as our own client does. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog, listen, serviceBounds } from "@cordon/runtime";
import { createFaultApi } from "./api.ts";
import { createFaultClient } from "./client.ts";
import { dial, exchange, startLab, startUpstream, until, type Lab, type Upstream } from "./lab.fixture.ts";

const open = new AsyncDisposableStack();
let upstream: Upstream;
let lab: Lab;
let url: string;

beforeAll(async () => {
  upstream = open.use(await startUpstream());
  lab = open.use(await startLab(upstream.address));
  const app = open.adopt(createFaultApi(lab.book, lab.ground.clock, createLog("fault", "error"), serviceBounds), (it) =>
    it.close(),
  );
  url = await listen(app, { host: "127.0.0.1", port: 0 });
});
afterAll(() => open.disposeAsync());

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(new URL(path, url), { method, headers, ...(body !== undefined && { body: text }) });
  const answer = await response.text();
  const type = response.headers.get("content-type");
  return { status: response.status, type, body: answer === "" ? undefined : (JSON.parse(answer) as unknown) };
}

test("a proxy is made with 201, shown, disabled, and deleted with 204", async () => {
  const made = await call("POST", "/proxies", { name: "one", listen: "localhost:0", upstream: upstream.address });
  expect(made).toMatchObject({
    status: 201,
    body: { name: "one", enabled: true, toxics: [], upstream: upstream.address },
  });
  expect((made.body as { listen: string }).listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  expect(await call("GET", "/proxies/one")).toMatchObject({ status: 200, body: made.body });
  expect(await call("GET", "/proxies")).toMatchObject({ status: 200, body: { one: made.body, p: { name: "p" } } });
  expect(await call("POST", "/proxies/one", { enabled: false })).toMatchObject({
    status: 200,
    body: { enabled: false },
  });
  expect(await call("PATCH", "/proxies/one", { enabled: true })).toMatchObject({
    status: 200,
    body: { enabled: true },
  });
  expect(await call("DELETE", "/proxies/one")).toEqual({ status: 204, type: null, body: undefined });
  expect((await call("GET", "/proxies/one")).status).toBe(404);
});

test("a toxic is added with 200, changed, listed and removed with 204", async () => {
  const path = "/proxies/p/toxics";
  const toxic = { name: "l", type: "latency", stream: "upstream", toxicity: 1, attributes: { latency: 5, jitter: 0 } };
  expect(
    await call("POST", path, { name: "l", type: "latency", stream: "upstream", attributes: { latency: 5 } }),
  ).toMatchObject({
    status: 200,
    body: toxic,
  });
  expect((await call("POST", path, toxic)).status).toBe(409);
  expect(await call("GET", path)).toMatchObject({ status: 200, body: [toxic] });
  expect(await call("POST", `${path}/l`, { attributes: { jitter: 1 } })).toMatchObject({
    status: 200,
    body: { ...toxic, attributes: { latency: 5, jitter: 1 } },
  });
  expect(await call("GET", `${path}/l`)).toMatchObject({
    status: 200,
    body: { attributes: { latency: 5, jitter: 1 } },
  });
  expect((await call("DELETE", `${path}/l`)).status).toBe(204);
  expect((await call("DELETE", `${path}/l`)).status).toBe(404);
});

test("an error is JSON sent as text, with what is wrong and the fix", async () => {
  const refusal = await call("POST", "/proxies/p/toxics", { type: "down" });
  expect(refusal.type).toBe("text/plain; charset=utf-8");
  expect(refusal).toMatchObject({
    status: 400,
    body: {
      status: 400,
      error: expect.stringMatching(/^invalid toxic type: down; give one of latency, /) as string,
    },
  });
  expect(await call("POST", "/proxies", "{")).toMatchObject({
    status: 400,
    body: { error: "bad request body: it is not JSON" },
  });
  expect(await call("POST", "/populate", [{ name: "x" }])).toMatchObject({ status: 400 });
});

test("JSON is taken under any content type, and browsers are not served", async () => {
  const body = JSON.stringify({ name: "form", upstream: upstream.address });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  expect((await call("POST", "/proxies", body, headers)).status).toBe(201);
  expect((await call("DELETE", "/proxies/form")).status).toBe(204);
  expect((await call("GET", "/proxies", undefined, { "user-agent": "Mozilla/5.0" })).status).toBe(403);
  expect((await call("POST", "/reset", "", { origin: "http://example.org" })).status).toBe(403);
});

test("populate answers 201 with the proxies, reset 204, version 200", async () => {
  const orders = [{ name: "q", listen: "127.0.0.1:0", upstream: upstream.address }];
  expect(await call("POST", "/populate", orders)).toMatchObject({ status: 201, body: { proxies: [{ name: "q" }] } });
  expect((await call("POST", "/reset")).status).toBe(204);
  expect(await call("GET", "/version")).toMatchObject({ status: 200, body: { version: expect.any(String) as string } });
  expect((await call("DELETE", "/proxies/q")).status).toBe(204);
});

test("our client adds, renews and removes a fault, and reads what it did", async () => {
  const client = createFaultClient(url, 5000);
  const silent = { type: "silent", name: "s", leaseMs: 10_000 } as const;
  expect(await client.addToxic("p", silent)).toMatchObject({ kind: "ok", value: { ...silent, toxicity: 1 } });
  expect(await client.addToxic("p", silent)).toMatchObject({ kind: "ok" });
  using hung = await dial(lab.address);
  hung.socket.write("hello?");
  await until(() => lab.counters().bytesUp === 6);
  expect(await client.counters("p")).toMatchObject({ kind: "ok", value: { open: 1, exchanges: 1, applied: { s: 1 } } });
  expect(await client.removeToxic("p", "s")).toEqual({ kind: "ok", value: undefined });
  using next = await dial(lab.address);
  await exchange(next, "back");
  expect(await client.seconds("p")).toEqual({ kind: "ok", value: [{ at: 1_000_000, exchanges: 2 }] });
  expect(await client.proxies()).toMatchObject({ kind: "ok", value: { p: { toxics: [] } } });
});

test("our client keeps a refusal apart from an API that is not there", async () => {
  expect(await createFaultClient(url, 5000).counters("nobody")).toMatchObject({ kind: "refused", status: 404 });
  await using gone = await startUpstream((socket) => socket.destroy());
  expect(await createFaultClient(`http://${gone.address}`, 5000).proxies()).toMatchObject({ kind: "unreachable" });
});
