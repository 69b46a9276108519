/** An end is told late, and only an end. */
import { expect, test } from "vitest";
import { dial, exchange, startLab, startUpstream, until } from "../lab.fixture.ts";

test("bytes pass at once, and the end of the upstream after the delay", async () => {
  await using upstream = await startUpstream((socket) => socket.end("all of it"));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "slow_close", name: "s", attributes: { delay: 500 } });
  using client = await dial(lab.address);
  await until(() => client.received().toString() === "all of it" && lab.counters().applied["s"] === 1);
  lab.ground.advance(499);
  expect(client.fate()).toBe("open");
  lab.ground.advance(1);
  await until(() => client.fate() === "ended");
});

test("the end comes at once when the toxic goes", async () => {
  await using upstream = await startUpstream((socket) => socket.end("all of it"));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "slow_close", name: "s", attributes: { delay: 3_600_000 } });
  using client = await dial(lab.address);
  await until(() => lab.counters().applied["s"] === 1);
  expect(client.fate()).toBe("open");
  lab.remove("s");
  await until(() => client.fate() === "ended");
});

test("a reset is not held back", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "slow_close", attributes: { delay: 3_600_000 } });
  using client = await dial(lab.address);
  await exchange(client, "hello");
  upstream.sockets[0]?.resetAndDestroy();
  await until(() => client.fate() !== "open" && lab.counters().open === 0);
  expect(client.fate()).toBe("ECONNRESET");
});

test("a client that is gone has its end told late all the same", async () => {
  await using upstream = await startUpstream((socket) => {
    socket.resume();
    socket.end("bye");
  });
  await using lab = await startLab(upstream.address);
  lab.add({ type: "slow_close", name: "s", stream: "upstream", attributes: { delay: 500 } });
  using client = await dial(lab.address);
  client.socket.end();
  await until(() => client.fate() === "closed" && lab.counters().applied["s"] === 1);
  lab.ground.advance(499);
  using other = await dial(lab.address);
  await until(() => other.fate() === "ended");
  expect(upstream.sockets[0]?.readableEnded).toBe(false);
  lab.ground.advance(1);
  await until(() => upstream.sockets[0]?.readableEnded === true);
});
