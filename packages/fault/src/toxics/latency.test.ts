/** Late, in order, and by the clock that was handed in. A round trip past another proxy shows that nothing came early. */
import { expect, test } from "vitest";
import { dial, exchange, order, startLab, startUpstream, testBounds, until, value, type Lab } from "../lab.fixture.ts";

/** Lets everything that is under way arrive: several round trips through a proxy with no toxic. */
async function settle(lab: Lab, upstream: string): Promise<void> {
  const { listen } = value(await lab.book.add(order("clean", upstream)));
  using client = await dial(listen);
  for (let trip = 0; trip < 50; trip++) await exchange(client, "trip");
  value(await lab.book.remove("clean"));
}

test("an answer comes after the latency and not before", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "l", attributes: { latency: 80 } });
  using client = await dial(lab.address);
  client.socket.write("hello");
  await until(() => lab.counters().bytesDown === 5);
  lab.ground.advance(79);
  await settle(lab, upstream.address);
  expect(client.received().length).toBe(0);
  lab.ground.advance(1);
  await until(() => client.received().toString() === "hello");
  expect(lab.counters().applied).toEqual({ l: 1 });
});

test("an exchange is counted as bitten once, however many chunks its answer has", async () => {
  await using upstream = await startUpstream((socket) => {
    socket.on("data", () => {});
  });
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "l", attributes: { latency: 80 } });
  using client = await dial(lab.address);
  client.socket.write("question");
  await until(() => upstream.received().length === 8);
  for (const bytes of [1, 2, 3]) {
    upstream.sockets[0]?.write("x");
    await until(() => lab.counters().bytesDown === bytes);
  }
  expect(lab.counters()).toMatchObject({ exchanges: 1, applied: { l: 1 } });
});

test("a client that does not read stops its upstream, latency or not", async () => {
  const size = 64_000_000;
  await using upstream = await startUpstream((socket) => socket.write(Buffer.alloc(size)));
  await using lab = await startLab(upstream.address, { ...testBounds, maxDelayedBytes: 10_000_000 });
  lab.add({ type: "latency", attributes: { latency: 1 } });
  using client = await dial(lab.address);
  client.socket.pause();
  for (let turn = 0; turn < 3000; turn++) {
    lab.ground.advance(1);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  const socketBuffersOfTheKernel = 24_000_000;
  expect(lab.counters().bytesDown).toBeLessThan(socketBuffersOfTheKernel);
});

test("latency upstream holds the question back, not the answer", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", stream: "upstream", attributes: { latency: 80 } });
  using client = await dial(lab.address);
  client.socket.write("hello");
  await until(() => lab.counters().bytesUp === 5);
  await settle(lab, upstream.address);
  expect(upstream.received().toString()).not.toContain("hello");
  lab.ground.advance(80);
  await until(() => client.received().toString() === "hello");
});

test("jitter never changes the order, and the end comes last", async () => {
  await using upstream = await startUpstream((socket) => {
    socket.on("data", () => {});
    socket.on("end", () => socket.end());
  });
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", attributes: { latency: 50, jitter: 50 } });
  using client = await dial(lab.address);
  await until(() => upstream.sockets.length === 1);
  let sent = "";
  for (let chunk = 0; chunk < 20; chunk++) {
    upstream.sockets[0]?.write(`${chunk} `);
    sent += `${chunk} `;
    await until(() => lab.counters().bytesDown === sent.length);
  }
  client.socket.end();
  await until(() => upstream.sockets[0]?.readableEnded === true);
  lab.ground.advance(100);
  await until(() => client.fate() === "closed");
  expect(client.received().toString()).toBe(sent);
});

test("what was held comes at once when the toxic goes, and later exchanges are prompt", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "l", attributes: { latency: 3_600_000 } });
  using client = await dial(lab.address);
  client.socket.write("hello");
  await until(() => lab.counters().bytesDown === 5);
  lab.remove("l");
  await until(() => client.received().toString() === "hello");
  await exchange(client, " again");
  expect(client.received().toString()).toBe("hello again");
});

test("the removal of another toxic lets nothing go early", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", name: "l", attributes: { latency: 80 } });
  lab.add({ type: "intermittent", name: "other", attributes: { share: 0 } });
  using client = await dial(lab.address);
  client.socket.write("hello");
  await until(() => lab.counters().bytesDown === 5);
  lab.remove("other");
  await settle(lab, upstream.address);
  expect(client.received().length).toBe(0);
});

test("bytes that wait out a latency are bounded, and all of them arrive", async () => {
  const size = 8_000_000;
  await using upstream = await startUpstream((socket) => {
    if (upstream.sockets.length === 1) socket.write(Buffer.alloc(size, 1));
    else socket.on("data", (chunk: Buffer) => socket.write(chunk));
  });
  await using lab = await startLab(upstream.address);
  lab.add({ type: "latency", attributes: { latency: 10 } });
  using client = await dial(lab.address);
  await until(() => lab.counters().bytesDown >= testBounds.maxDelayedBytes);
  await settle(lab, upstream.address);
  const oneRead = 65_536;
  expect(lab.counters().bytesDown).toBeLessThanOrEqual(testBounds.maxDelayedBytes + oneRead);
  await until(() => {
    lab.ground.advance(10);
    return client.received().length === size;
  });
});
