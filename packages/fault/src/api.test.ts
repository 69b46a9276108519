/** The API as Toxiproxy's clients meet it, over real HTTP, and as our own client does. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog, listen, serviceBounds } from "@cordon/runtime";
import { createFaultApi } from "./api.ts";
import { createFaultClient } from "./client.ts";
import { dial, exchange, startLab, startUpstream, testBounds, until, type Lab, type Upstream } from "./lab.fixture.ts";

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
});

test("populate answers its errors as JSON, beside what it has made before them", async () => {
  const fine = { name: "fine", listen: "127.0.0.1:0", upstream: upstream.address };
  const unnamed = await call("POST", "/populate", [fine, { upstream: upstream.address }]);
  expect(unnamed).toMatchObject({ status: 400, body: { status: 400, proxies: null } });
  expect(unnamed.type).toMatch(/^application\/json/);
  expect((await call("GET", "/proxies/fine")).status).toBe(404);
  const taken = await call("POST", "/populate", [fine, { ...fine, name: "taken", listen: lab.address }]);
  expect(taken).toMatchObject({ status: 409, body: { status: 409, proxies: [{ name: "fine" }] } });
  expect((await call("DELETE", "/proxies/fine")).status).toBe(204);
});

test("metrics are those of Toxiproxy, and Cordon's own beside them", async () => {
  const upstreamOfM = { name: "m", listen: "127.0.0.1:0", upstream: upstream.address };
  const made = (await call("POST", "/proxies", upstreamOfM)).body as { listen: string };
  await call("POST", "/proxies/m/toxics", { type: "limit_data", name: "cut", attributes: { bytes: 3 } });
  using client = await dial(made.listen);
  client.socket.write("hello");
  await until(() => client.fate() !== "open");
  client.socket.destroy();
  const response = await fetch(new URL("/metrics", url));
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=/);
  const lines = (await response.text()).split("\n");
  const labels = `proxy="m",listener="${made.listen}",upstream="${upstream.address}"`;
  expect(lines).toContain(`toxiproxy_proxy_received_bytes_total{${labels},direction="upstream"} 5`);
  expect(lines).toContain(`toxiproxy_proxy_sent_bytes_total{${labels},direction="upstream"} 5`);
  expect(lines).toContain(`toxiproxy_proxy_received_bytes_total{${labels},direction="downstream"} 5`);
  expect(lines).toContain(`toxiproxy_proxy_sent_bytes_total{${labels},direction="downstream"} 3`);
  expect(lines).toContain(`cordon_fault_connections_total{proxy="m"} 1`);
  expect(lines).toContain(`cordon_fault_exchanges_total{proxy="m"} 1`);
  expect(lines).toContain(`cordon_fault_toxic_applied_total{proxy="m",toxic="cut"} 1`);
  expect((await call("DELETE", "/proxies/m")).status).toBe(204);
  expect(await (await fetch(new URL("/metrics", url))).text()).not.toContain('proxy="m"');
});

test("rubbish is refused with a clear word, and the API goes on", async () => {
  const rubbish = [
    ["POST", "/proxies", "null"],
    ["POST", "/proxies", "[]"],
    ["POST", "/proxies", "\u0000"],
    ["POST", "/proxies", { name: "x", upstream: 5 }],
    ["POST", "/proxies", { name: "__proto__/", upstream: "h:1" }],
    ["POST", "/proxies", { name: "x".repeat(101), upstream: "h:1" }],
    ["POST", "/proxies", { name: "x", upstream: "h:1", listen: "999.999.999.999:99999" }],
    ["POST", "/proxies/p", { listen: 5 }],
    ["POST", "/populate", { name: "x" }],
    ["POST", "/populate", [1]],
    ["POST", "/proxies/p/toxics", { type: "latency", attributes: [] }],
    ["POST", "/proxies/p/toxics", { type: "latency", attributes: { latency: 1e300 } }],
    ["POST", "/proxies/p/toxics", { type: "latency", attributes: { latncy: 5 } }],
    ["POST", "/proxies/p/toxics", { type: "toString" }],
    ["POST", "/proxies/p/toxics", { type: "latency", stream: "__proto__" }],
    ["POST", "/proxies/p/toxics", { type: "latency", toxicity: "all" }],
    ["POST", "/proxies/p/toxics", { type: "latency", leaseMs: 0.5 }],
  ] as const;
  for (const [method, path, body] of rubbish) {
    const refusal = await call(method, path, body);
    expect([path, body, refusal.status]).toEqual([path, body, 400]);
    expect(refusal.body).toMatchObject({ status: 400, error: expect.stringMatching(/\w{3}/) as string });
  }
  const huge = await call("POST", "/populate", JSON.stringify("x".repeat(200_000)));
  expect(huge.status).toBe(413);
  expect((await call("GET", "/version")).status).toBe(200);
});

test("control calls go through while 500 links are stalled and a dial hangs on none of them", async () => {
  const links = 500;
  await using crowd = await startLab(upstream.address, { ...testBounds, maxOpenLinks: links });
  const app = createFaultApi(crowd.book, crowd.ground.clock, createLog("fault", "error"), serviceBounds);
  await using _app = { [Symbol.asyncDispose]: () => app.close() };
  const client = createFaultClient(await listen(app, { host: "127.0.0.1", port: 0 }), 5000);
  expect(await client.addToxic("p", { type: "silent", name: "s" })).toMatchObject({ kind: "ok" });
  using clients = new DisposableStack();
  const hung = await Promise.all(Array.from({ length: links }, async () => clients.use(await dial(crowd.address))));
  for (const { socket } of hung) socket.write("hello?");
  await until(() => crowd.counters().bytesUp === links * 6);
  for (let turn = 0; turn < 20; turn++) {
    const name = `t${turn}`;
    expect(await client.addToxic("p", { type: "latency", name, attributes: { latency: 1 } })).toMatchObject({
      kind: "ok",
    });
    expect(await client.proxies()).toMatchObject({ kind: "ok", value: { p: { counters: { open: links } } } });
    expect(await client.removeToxic("p", name)).toMatchObject({ kind: "ok" });
  }
  expect(hung.every((one) => one.fate() === "open" && one.received().length === 0)).toBe(true);
  expect(crowd.counters()).toMatchObject({ open: links, deliveredUp: 0, applied: { s: links } });
});

test("200 of 200 exchanges fall as they did before, after an unrelated toxic has come and gone", async () => {
  const run = async (unrelated: boolean): Promise<boolean[]> => {
    await using one = await startLab(upstream.address);
    if (unrelated) one.add({ type: "packet_loss", name: "other", attributes: { loss: 0.5, rto: 1 } });
    one.add({ type: "intermittent", name: "i", attributes: { share: 0.3 } });
    if (unrelated) one.remove("other");
    const fell: boolean[] = [];
    for (let ordinal = 1; ordinal <= 200; ordinal++) {
      using client = await dial(one.address);
      const bitten = one.counters().applied["i"] ?? 0;
      client.socket.write("x");
      await until(() => client.received().length === 1 || (one.counters().applied["i"] ?? 0) > bitten);
      fell.push(client.received().length === 0);
    }
    return fell;
  };
  const fell = await run(false);
  expect(fell.filter(Boolean).length).toBeGreaterThan(30);
  expect(await run(true)).toEqual(fell);
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
  const counters = { open: 1, exchanges: 1, applied: { s: 1 } };
  expect(await client.proxies()).toMatchObject({ kind: "ok", value: { p: { counters } } });
  expect(await client.removeToxic("p", "s")).toEqual({ kind: "ok", value: undefined });
  using next = await dial(lab.address);
  await exchange(next, "back");
  expect(await client.seconds("p")).toEqual({ kind: "ok", value: [{ at: 1_000_000, exchanges: 2 }] });
  expect(await client.proxies()).toMatchObject({ kind: "ok", value: { p: { toxics: [] } } });
});

test("a proxy is disabled for a while, and a toxic changed and listed, with all that a person wants to see", async () => {
  const disabled = await call("PATCH", "/proxies/p", { enabled: false, leaseMs: 5000 });
  expect(disabled).toMatchObject({ status: 200, body: { enabled: false, leaseLeftMs: 5000 } });
  expect(await call("PATCH", "/proxies/p", { enabled: true })).toMatchObject({ status: 200, body: { enabled: true } });
  await call("POST", "/proxies/p/toxics", { type: "bandwidth", attributes: { rate: 5 }, leaseMs: 9000 });
  await call("PATCH", "/proxies/p/toxics/bandwidth_downstream", { attributes: { rate: 6 } });
  const toxic = { type: "bandwidth", stream: "downstream", attributes: { rate: 6 }, leaseMs: 9000, leaseLeftMs: 9000 };
  expect(await call("GET", "/proxies/p/toxics")).toMatchObject({ status: 200, body: [toxic] });
  expect(await call("GET", "/proxies/p")).toMatchObject({ body: { toxics: [toxic], counters: { open: 0 } } });
  expect((await call("DELETE", "/proxies/p/toxics/bandwidth_downstream")).status).toBe(204);
});

test("our client makes proxies and takes them away, with all that stands on them", async () => {
  const client = createFaultClient(url, 5000);
  const made = await client.populate([{ name: "gone", listen: "127.0.0.1:0", upstream: upstream.address }]);
  expect(made).toMatchObject({ kind: "ok", value: [{ name: "gone" }] });
  expect(await client.addToxic("gone", { type: "silent", name: "s" })).toMatchObject({ kind: "ok" });
  expect(await client.remove("gone")).toEqual({ kind: "ok", value: undefined });
  expect(await client.remove("gone")).toMatchObject({ kind: "refused", status: 404 });
});

test("our client keeps a refusal apart from an API that is not there", async () => {
  expect(await createFaultClient(url, 5000).seconds("nobody")).toMatchObject({ kind: "refused", status: 404 });
  await using gone = await startUpstream((socket) => socket.destroy());
  expect(await createFaultClient(`http://${gone.address}`, 5000).proxies()).toMatchObject({ kind: "unreachable" });
});
