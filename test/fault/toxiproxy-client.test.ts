/** The client that the registry has for Toxiproxy, as it is, against the fault process: every call, every toxic, every shape. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Toxiproxy } from "toxiproxy-node-client";
import { startEcho, startFaultProcess, talk, type Upstream } from "./fault-process.ts";
import { until } from "../support/until.ts";

const patienceMs = 10_000;
const open = new AsyncDisposableStack();
let client: Toxiproxy;
let echo: Upstream;

beforeAll(async () => {
  echo = open.use(await startEcho());
  client = new Toxiproxy(open.use(await startFaultProcess("seed")).api);
});
afterAll(() => open.disposeAsync());
beforeEach(async () => {
  for (const proxy of Object.values(await client.getAll())) await proxy.remove();
});

const create = (name: string) => client.createProxy({ name, listen: "localhost:0", upstream: echo.address });
type TestedProxy = Awaited<ReturnType<typeof create>>;

/** A toxic as the client sends it: every key, always. */
const toxic = (type: string, attributes: object, stream: "upstream" | "downstream" = "downstream") =>
  ({ name: `${type}_${stream}`, type, stream, toxicity: 1, attributes }) as Parameters<TestedProxy["addToxic"]>[0];

describe("proxies", () => {
  test("one is made, shown, listed and removed", async () => {
    const proxy = await create("one");
    expect(proxy.toJson()).toEqual({
      name: "one",
      listen: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/) as string,
      upstream: echo.address,
      enabled: true,
    });
    expect((await client.get("one")).toJson()).toEqual(proxy.toJson());
    expect(Object.keys(await client.getAll())).toEqual(["one"]);
    await expect(create("one")).rejects.toThrow("Request failed with status code 409");
    await proxy.remove();
    await expect(client.get("one")).rejects.toThrow("Request failed with status code 404");
  });

  test("one is disabled and enabled, and moves to another address", async () => {
    const proxy = await create("one");
    const { listen, upstream } = proxy;
    expect((await proxy.update({ enabled: false, listen, upstream })).enabled).toBe(false);
    using refused = talk(listen, "hello");
    await until("a disabled proxy refuses", patienceMs, () => refused.fate() === "ECONNREFUSED");
    expect((await proxy.update({ enabled: true, listen, upstream })).toJson()).toEqual(proxy.toJson());
    const moved = await proxy.update({ enabled: true, listen: "127.0.0.1:0", upstream });
    expect(moved.listen).not.toBe(listen);
    using there = talk(moved.listen, "hello");
    await until("it answers at its new address", patienceMs, () => there.received() === "hello");
    using gone = talk(listen, "hello");
    await until("it is gone from the old one", patienceMs, () => gone.fate() === "ECONNREFUSED");
  });

  test("a list is made at once, and again without harm; a reset enables and clears all of them", async () => {
    const body = ["one", "two"].map((name) => ({ name, listen: "127.0.0.1:0", upstream: echo.address }));
    const made = await client.populate(body);
    expect(Object.keys(made)).toEqual(["one", "two"]);
    const again = Object.values(made).map(({ name, listen, upstream }) => ({ name, listen, upstream }));
    expect(await client.populate(again)).toMatchObject(Object.fromEntries(again.map((proxy) => [proxy.name, proxy])));
    const { one, two } = made;
    await one?.addToxic(toxic("latency", { latency: 1, jitter: 0 }));
    await two?.update({ enabled: false, listen: two.listen, upstream: two.upstream });
    await client.reset();
    expect((await client.get("two")).enabled).toBe(true);
    await expect(one?.getToxic("latency_downstream")).rejects.toThrow("404");
  });

  test("the version is told", async () => {
    expect(JSON.parse(await client.getVersion())).toEqual({ version: "2.12.0" });
  });
});

test("a toxic is added, shown, changed and removed", async () => {
  const proxy = await create("one");
  const added = await proxy.addToxic(toxic("latency", { latency: 5, jitter: 0 }));
  expect(added.toJson()).toEqual(toxic("latency", { latency: 5, jitter: 0 }));
  const changed = await added.update({ ...toxic("latency", { latency: 7, jitter: 1 }), toxicity: 0.5 });
  expect(changed.toJson()).toEqual({ ...toxic("latency", { latency: 7, jitter: 1 }), toxicity: 0.5 });
  expect((await proxy.getToxic("latency_downstream")).toJson()).toEqual(changed.toJson());
  await expect(proxy.addToxic(toxic("latency", { latency: 5, jitter: 0 }))).rejects.toThrow("409");
  await expect(proxy.addToxic(toxic("down", {}))).rejects.toThrow("400");
  await changed.remove();
  await expect(changed.remove()).rejects.toThrow("404");
});

type Sees = (fate: string, got: string, stream: "upstream" | "downstream") => boolean;

/** What a client of the proxy sees while the toxic stands: it says `words`, and then this comes about. */
const bites: readonly [type: string, attributes: object, words: string, sees: Sees][] = [
  ["noop", {}, "hello", (fate, got) => fate === "open" && got === "hello"],
  ["latency", { latency: 20, jitter: 5 }, "hello", (_, got) => got === "hello"],
  ["bandwidth", { rate: 100 }, "x".repeat(2000), (_, got) => got.length === 2000],
  ["slicer", { average_size: 10, size_variation: 5, delay: 100 }, "x".repeat(200), (_, got) => got.length === 200],
  ["slow_close", { delay: 20 }, "hello", (_, got) => got === "hello"],
  ["timeout", { timeout: 50 }, "hello", (fate, got) => fate === "ended" && got === ""],
  // Where the question is cut off, the connection is closed before there is an answer.
  [
    "limit_data",
    { bytes: 3 },
    "hello",
    (fate, got, to) => fate === "ended" && got === (to === "upstream" ? "" : "hel"),
  ],
  ["reset_peer", { timeout: 0 }, "hello", (fate, got) => fate === "ECONNRESET" && got === ""],
];

describe("every toxic bites, on either stream, and is gone when it is removed", () => {
  test.each(bites)("%s", async (type, attributes, words, sees) => {
    for (const stream of ["downstream", "upstream"] as const) {
      const proxy = await create(`${type}-${stream}`);
      const added = await proxy.addToxic(toxic(type, attributes, stream));
      expect(added.toJson()).toEqual(toxic(type, attributes, stream));
      using bitten = talk(proxy.listen, words);
      await until(`${type} bites ${stream}`, patienceMs, () => sees(bitten.fate(), bitten.received(), stream));
      await added.remove();
      using free = talk(proxy.listen, words);
      await until(`${type} is gone`, patienceMs, () => free.fate() === "open" && free.received() === words);
    }
  });

  test("down: a disabled proxy", async () => {
    const proxy = await create("down");
    await proxy.update({ enabled: false, listen: proxy.listen, upstream: proxy.upstream });
    using refused = talk(proxy.listen, "hello");
    await until("it refuses", patienceMs, () => refused.fate() === "ECONNREFUSED");
    expect(refused.received()).toBe("");
  });

  test("a live connection meets a toxic that comes, with a real RST", async () => {
    const proxy = await create("live");
    using live = talk(proxy.listen, "hello");
    await until("it answers", patienceMs, () => live.received() === "hello");
    await proxy.addToxic(toxic("reset_peer", { timeout: 0 }));
    await until("it is cut", patienceMs, () => live.fate() !== "open");
    expect(live.fate()).toBe("ECONNRESET");
  });
});

test("the wire has the shapes that clients have come to rely on", async () => {
  const proxy = await create("wire");
  const post = (path: string, body: unknown) =>
    fetch(new URL(path, client.host), { method: "POST", body: JSON.stringify(body) });
  const added = await post("/proxies/wire/toxics", { type: "latency", attributes: { latency: 1 } });
  expect([added.status, added.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  expect(await added.json()).toMatchObject({ name: "latency_downstream", attributes: { latency: 1, jitter: 0 } });
  const refused = await post("/proxies/wire/toxics", { type: "latency" });
  expect([refused.status, refused.headers.get("content-type")]).toEqual([409, "text/plain; charset=utf-8"]);
  expect(JSON.parse(await refused.text())).toMatchObject({
    status: 409,
    error: expect.stringMatching(/^toxic already exists/) as string,
  });
  expect((await post("/proxies", { name: "wire2", listen: "localhost:0", upstream: "localhost:1" })).status).toBe(201);
  expect((await fetch(new URL("/proxies/wire", client.host), { method: "DELETE" })).status).toBe(204);
  expect(proxy.listen).toMatch(/^127\.0\.0\.1:/);
});
