/** Exactly so many bytes, then the end. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dial, startLab, startUpstream, until } from "../lab.fixture.ts";

test("exactly as many bytes come as were allowed, however they are cut, and the connection is closed", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  const runs = fc.record({
    limit: fc.integer({ min: 0, max: 300 }),
    chunks: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 8 }),
    sliced: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ limit, chunks, sliced }) => {
      if (sliced) lab.add({ type: "slicer", name: "s", attributes: { average_size: 7 } });
      lab.add({ type: "limit_data", name: "l", attributes: { bytes: limit } });
      const { bytesUp, deliveredDown } = lab.counters();
      using client = await dial(lab.address);
      const sent = chunks.reduce((sum, bytes) => sum + bytes, 0);
      for (const bytes of chunks) client.socket.write(Buffer.alloc(bytes, "x"));
      const passes = Math.min(sent, limit);
      await until(() => client.received().length === passes && lab.counters().bytesUp > bytesUp);
      if (sent >= limit) await until(() => client.fate() !== "open");
      client.socket.destroy();
      await until(() => lab.counters().open === 0);
      expect(client.received().length).toBe(passes);
      expect(lab.counters().deliveredDown - deliveredDown).toBe(passes);
      lab.remove("l");
      if (sliced) lab.remove("s");
    }),
    { numRuns: 40 },
  );
});

test("a raised limit goes on counting where the old one was", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "limit_data", name: "l", attributes: { bytes: 10 } });
  using client = await dial(lab.address);
  client.socket.write("12345");
  await until(() => client.received().length === 5);
  lab.change("l", { attributes: { bytes: 8 } });
  client.socket.write("67890");
  await until(() => client.fate() === "ended");
  expect(client.received().toString()).toBe("12345678");
  expect(lab.counters()).toMatchObject({ applied: { l: 1 } });
});

test("a client that reads late still gets all that was allowed", async () => {
  const limit = 3_000_000;
  await using upstream = await startUpstream((socket) => socket.write(Buffer.alloc(2 * limit)));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "limit_data", name: "l", attributes: { bytes: limit } });
  using client = await dial(lab.address);
  client.socket.pause();
  await until(() => upstream.sockets[0]?.writableNeedDrain === true);
  client.socket.resume();
  await until(() => client.fate() === "ended");
  expect(client.received().length).toBe(limit);
});

test("an upstream that reads late still gets all that was allowed, when the client is long gone", async () => {
  const limit = 3_000_000;
  await using upstream = await startUpstream((socket) => socket.pause());
  await using lab = await startLab(upstream.address);
  lab.add({ type: "limit_data", name: "l", stream: "upstream", attributes: { bytes: limit } });
  using client = await dial(lab.address);
  client.socket.write(Buffer.alloc(2 * limit));
  await until(() => client.fate() !== "open");
  client.socket.destroy();
  upstream.sockets[0]?.resume();
  await until(() => upstream.sockets[0]?.readableEnded === true);
  expect(upstream.received().length).toBe(limit);
});
