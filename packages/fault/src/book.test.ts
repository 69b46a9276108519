/** Proxies come, change and go, and no fault outlives its lease. */
import { expect, test } from "vitest";
import { dial, exchange, order, startLab, startUpstream, testBounds, until, value } from "./lab.fixture.ts";
import { parseHostPort } from "./host-port.ts";

test("a lease that is not renewed takes its toxic away, says so, and the proxy works again", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "silent", name: "s", leaseMs: 1000 });
  using client = await dial(lab.address);
  client.socket.write("hello?");
  await until(() => lab.counters().bytesUp === 6);
  lab.ground.advance(900);
  lab.add({ type: "silent", name: "s", leaseMs: 1000 });
  lab.ground.advance(900);
  expect(lab.expired).toEqual([]);
  expect(client.fate()).toBe("open");
  lab.ground.advance(100);
  expect(lab.expired).toEqual(["p/s"]);
  await until(() => client.fate() === "ECONNRESET");
  expect(lab.counters().applied).toEqual({ s: 1 });
  using next = await dial(lab.address);
  await exchange(next, "back");
});

test("of several leases each ends at its own time", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "long", attributes: { latency: 1 }, leaseMs: 3000 });
  lab.add({ type: "latency", name: "short", attributes: { latency: 1 }, leaseMs: 1000 });
  lab.ground.advance(1000);
  expect(lab.expired).toEqual(["p/short"]);
  lab.ground.advance(2000);
  expect(lab.expired).toEqual(["p/short", "p/long"]);
});

test("a disabled proxy refuses connections, and keeps its address, toxics and counters", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "l", attributes: { latency: 0 } });
  using client = await dial(lab.address);
  await exchange(client, "hello");
  expect(value(await lab.book.update("p", { enabled: false }))).toMatchObject({ enabled: false, listen: lab.address });
  expect((await dial(lab.address)).fate()).toBe("ECONNREFUSED");
  await until(() => client.fate() !== "open");
  expect(value(await lab.book.update("p", { enabled: true }))).toMatchObject({ enabled: true, listen: lab.address });
  using next = await dial(lab.address);
  await exchange(next, "back");
  expect(lab.counters()).toMatchObject({ connections: 2, exchanges: 2 });
  expect(value(lab.book.get("p")).toxics).toHaveLength(1);
});

test("a proxy moves to another upstream under the same address", async () => {
  await using first = await startUpstream();
  await using second = await startUpstream();
  await using lab = await startLab(first.address);
  const upstream = parseHostPort(second.address);
  value(await lab.book.update("p", { ...(upstream && { upstream }) }));
  using client = await dial(lab.address);
  await exchange(client, "hello");
  expect(first.sockets).toHaveLength(0);
});

test("names, addresses and numbers that are taken are refused", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address, { ...testBounds, maxProxies: 2 });
  expect(await lab.book.add(order("p", upstream.address))).toMatchObject({ kind: "refused", status: 409 });
  const taken = { ...order("q", upstream.address), listen: parseHostPort(lab.address) ?? { host: "", port: 0 } };
  expect(await lab.book.add(taken)).toMatchObject({ kind: "refused", status: 409 });
  value(await lab.book.add(order("q", upstream.address)));
  expect(await lab.book.add(order("r", upstream.address))).toMatchObject({ kind: "refused", status: 409 });
  expect(await lab.book.remove("nobody")).toMatchObject({ kind: "refused", status: 404 });
});

test("of two calls that change one proxy at once the second is refused, not queued", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  const answers = await Promise.all([
    lab.book.add(order("q", upstream.address)),
    lab.book.add(order("q", upstream.address)),
  ]);
  expect(answers.map(({ kind }) => kind)).toEqual(["ok", "refused"]);
});

test("populate keeps what is there as ordered and makes the rest anew", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "silent" });
  const same = { ...order("p", upstream.address), listen: parseHostPort(lab.address) ?? { host: "", port: 0 } };
  const { proxies, failure } = await lab.book.populate([same, order("q", upstream.address)]);
  expect(failure).toBe(undefined);
  expect(proxies.map(({ name, toxics }) => [name, toxics.length])).toEqual([
    ["p", 1],
    ["q", 0],
  ]);
  const elsewhere = await lab.book.populate([order("p", "127.0.0.1:9")]);
  expect(elsewhere.proxies[0]).toMatchObject({ upstream: "127.0.0.1:9", toxics: [] });
});

test("a reset takes every toxic away and enables every proxy", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "silent", leaseMs: 1000 });
  value(await lab.book.update("p", { enabled: false }));
  value(await lab.book.reset());
  expect(value(lab.book.get("p"))).toMatchObject({ enabled: true, toxics: [] });
  lab.ground.advance(2000);
  expect(lab.expired).toEqual([]);
});

test("a reset enables every proxy that can be, and says which one cannot", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  value(await lab.book.add(order("q", upstream.address)));
  value(await lab.book.update("q", { enabled: false }));
  const taken = parseHostPort(upstream.address);
  value(await lab.book.update("p", { enabled: false, ...(taken && { listen: taken }) }));
  expect(await lab.book.reset()).toMatchObject({
    kind: "refused",
    status: 409,
    error: expect.stringContaining(upstream.address) as string,
  });
  expect(value(lab.book.get("p"))).toMatchObject({ enabled: false });
  expect(value(lab.book.get("q"))).toMatchObject({ enabled: true });
});

test("a proxy that was disabled on a lease enables itself, at its old address, and says so", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  const disabled = value(await lab.book.update("p", { enabled: false, leaseMs: 1000 }));
  expect(disabled).toMatchObject({ enabled: false, leaseMs: 1000, leaseLeftMs: 1000 });
  lab.ground.advance(900);
  expect(value(lab.book.get("p"))).toMatchObject({ leaseLeftMs: 100 });
  value(await lab.book.update("p", { enabled: false, leaseMs: 1000 }));
  lab.ground.advance(900);
  expect((await dial(lab.address)).fate()).toBe("ECONNREFUSED");
  expect(lab.expired).toEqual([]);
  lab.ground.advance(100);
  expect(lab.expired).toEqual(["p"]);
  value(await lab.book.settled("p"));
  expect(value(lab.book.get("p"))).toMatchObject({ enabled: true, listen: lab.address });
  expect(value(lab.book.get("p"))).not.toHaveProperty("leaseMs");
  using client = await dial(lab.address);
  await exchange(client, "back");
});

test("a change that is refused leaves a disabled proxy its address and its lease", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  const taken = parseHostPort(upstream.address) ?? { host: "", port: 0 };
  value(await lab.book.update("p", { enabled: false, leaseMs: 600 }));
  lab.ground.advance(100);
  expect(await lab.book.update("p", { enabled: true, listen: taken })).toMatchObject({ kind: "refused", status: 409 });
  expect(value(lab.book.get("p"))).toMatchObject({
    enabled: false,
    listen: lab.address,
    leaseMs: 600,
    leaseLeftMs: 500,
  });
  lab.ground.advance(500);
  expect(lab.expired).toEqual(["p"]);
  value(await lab.book.settled("p"));
  using client = await dial(lab.address);
  await exchange(client, "back");
});

test("a change that is refused leaves an enabled proxy serving where it was", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  const taken = parseHostPort(upstream.address) ?? { host: "", port: 0 };
  const elsewhere = { listen: taken, upstream: { host: "127.0.0.1", port: 9 } };
  expect(await lab.book.update("p", elsewhere)).toMatchObject({ kind: "refused", status: 409 });
  expect(value(lab.book.get("p"))).toMatchObject({ enabled: true, listen: lab.address, upstream: upstream.address });
  using client = await dial(lab.address);
  await exchange(client, "still");
});

test("a proxy whose port was taken while it was disabled tries again until it has it", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  value(await lab.book.update("p", { enabled: false, leaseMs: 1000 }));
  const squatter = {
    ...order("squatter", upstream.address),
    listen: parseHostPort(lab.address) ?? { host: "", port: 0 },
  };
  value(await lab.book.add(squatter));
  lab.ground.advance(1000);
  expect(await lab.book.settled("p")).toMatchObject({ kind: "refused", status: 409 });
  value(await lab.book.remove("squatter"));
  lab.ground.advance(1000);
  value(await lab.book.settled("p"));
  using client = await dial(lab.address);
  await exchange(client, "back");
});

test("a proxy disabled for good, changed, or removed has no lease left", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  value(await lab.book.update("p", { enabled: false, leaseMs: 1000 }));
  value(await lab.book.update("p", { enabled: false }));
  lab.ground.advance(2000);
  expect(value(lab.book.get("p"))).toMatchObject({ enabled: false });
  value(await lab.book.update("p", { enabled: false, leaseMs: 1000 }));
  value(await lab.book.remove("p"));
  lab.ground.advance(2000);
  expect(lab.expired).toEqual([]);
  expect((await dial(lab.address)).fate()).toBe("ECONNREFUSED");
});

test("a toxic is shown with what it bit and with what is left of its lease", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "l", attributes: { latency: 1 }, leaseMs: 3000 });
  using client = await dial(lab.address);
  client.socket.write("hello");
  await until(() => lab.counters().bytesDown === 5);
  lab.ground.advance(1000);
  expect(value(lab.book.toxic("p", "l"))).toMatchObject({ leaseMs: 3000, leaseLeftMs: 2000, applied: 1 });
  expect(value(lab.book.get("p"))).toMatchObject({
    toxics: [{ name: "l", leaseLeftMs: 2000, applied: 1 }],
    counters: { open: 1, bytesUp: 5, bytesDown: 5, applied: { l: 1 } },
  });
});
