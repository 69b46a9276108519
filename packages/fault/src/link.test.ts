/** A link with no toxic on it is a wire: what goes in comes out, ends and resets included, and every byte is counted. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dial, exchange, startLab, startUpstream, testBounds, until } from "./lab.fixture.ts";

test("bytes pass unchanged both ways, however they are cut into chunks", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      const before = upstream.received().length;
      using client = await dial(lab.address);
      for (const part of parts) client.socket.write(part);
      const sent = Buffer.concat(parts);
      await until(() => client.received().length >= sent.length);
      expect(client.received()).toEqual(sent);
      expect(upstream.received().subarray(before)).toEqual(sent);
    }),
    { numRuns: 25 },
  );
});

test("a megabyte passes whole to a client that reads it late", async () => {
  const body = Buffer.alloc(1_000_000, "mail ");
  await using upstream = await startUpstream((socket) => socket.end(body));
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  client.socket.pause();
  await until(() => lab.counters().bytesDown > 0);
  client.socket.resume();
  await until(() => client.fate() === "ended");
  expect(client.received().equals(body)).toBe(true);
  expect(lab.counters().bytesDown).toBe(body.length);
});

test("megabytes pass whole both ways at once, also while one side reads late", async () => {
  const body = Buffer.from(Array.from({ length: 6_000_000 }, (_, index) => (index * 7) % 251));
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  client.socket.end(body);
  client.socket.pause();
  await until(() => client.socket.writableNeedDrain || client.socket.writableFinished);
  client.socket.resume();
  await until(() => client.fate() === "closed");
  expect(client.received().equals(body)).toBe(true);
  expect(upstream.received().equals(body)).toBe(true);
  const all = body.length;
  expect(lab.counters()).toMatchObject({ bytesUp: all, deliveredUp: all, bytesDown: all, deliveredDown: all });
});

test("a client that has finished speaking still gets its answer, and then the end", async () => {
  await using upstream = await startUpstream((socket) => {
    socket.on("data", () => {});
    socket.on("end", () => socket.end("the answer to all of it"));
  });
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  client.socket.end("question");
  await until(() => client.fate() === "closed");
  expect(client.received().toString()).toBe("the answer to all of it");
  expect(upstream.received().toString()).toBe("question");
  await until(() => lab.counters().open === 0);
});

test("an upstream that has finished speaking still hears the client", async () => {
  await using upstream = await startUpstream((socket) => socket.end("hello"));
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await until(() => client.fate() === "ended");
  client.socket.end("one last word");
  await until(() => lab.counters().open === 0);
  expect(upstream.received().toString()).toBe("one last word");
});

test("a reset by the client reaches the upstream as a reset", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  let code: unknown;
  upstream.sockets[0]?.on("error", (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  client.socket.resetAndDestroy();
  await until(() => code !== undefined);
  expect(code).toBe("ECONNRESET");
});

test("a reset by the upstream reaches the client as a reset", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  upstream.sockets[0]?.resetAndDestroy();
  await until(() => client.fate() !== "open");
  expect(client.fate()).toBe("ECONNRESET");
});

test("a client whose upstream refuses is closed, and counted", async () => {
  const gone = await startUpstream();
  await gone[Symbol.asyncDispose]();
  await using lab = await startLab(gone.address);
  using client = await dial(lab.address);
  await until(() => client.fate() !== "open");
  client.socket.destroy();
  await until(() => lab.counters().open === 0);
  expect(lab.counters()).toEqual({
    connections: 1,
    open: 0,
    exchanges: 0,
    bytesUp: 0,
    bytesDown: 0,
    deliveredUp: 0,
    deliveredDown: 0,
    applied: {},
  });
});

test("exchanges are counted by turns, and bytes exactly", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using first = await dial(lab.address);
  using second = await dial(lab.address);
  await exchange(first, "12345");
  await exchange(first, "123");
  await exchange(second, "1");
  expect(lab.counters()).toEqual({
    connections: 2,
    open: 2,
    exchanges: 3,
    bytesUp: 9,
    bytesDown: 9,
    deliveredUp: 9,
    deliveredDown: 9,
    applied: {},
  });
  expect(lab.book.seconds("p")).toEqual({
    kind: "ok",
    value: [{ at: 1_000_000, exchanges: 3 }],
  });
});

test("a request sent in pieces is one exchange", async () => {
  await using upstream = await startUpstream((socket) => {
    socket.on("data", () => {
      if (upstream.received().length === 6) socket.write("ok");
    });
  });
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  for (const [index, piece] of ["ab", "cd", "ef"].entries()) {
    client.socket.write(piece);
    await until(() => lab.counters().bytesUp === 2 * (index + 1));
  }
  await until(() => client.received().toString() === "ok");
  expect(lab.counters().exchanges).toBe(1);
});

test("a connection beyond the bound is reset, and the others stay", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address, { ...testBounds, maxOpenLinks: 1 });
  using first = await dial(lab.address);
  await exchange(first, "hello");
  using second = await dial(lab.address);
  await until(() => second.fate() !== "open");
  expect(second.fate()).toBe("ECONNRESET");
  await exchange(first, "still there");
  first.socket.destroy();
  await until(() => lab.counters().open === 0);
  using third = await dial(lab.address);
  await exchange(third, "room again");
});

test("a stopped proxy has closed its listener and every link", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  await lab.book.close();
  expect(lab.counters().open).toBe(0);
  await until(() => client.fate() !== "open" && upstream.sockets[0]?.closed === true);
  expect((await dial(lab.address)).fate()).toBe("ECONNREFUSED");
});

test("what was received and what was delivered are told apart exactly, also when a link ends abruptly", async () => {
  await using upstream = await startUpstream((socket) => socket.on("data", () => socket.write("answer")));
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  client.socket.write("question");
  await until(() => client.received().length === 6);
  lab.add({ type: "timeout", name: "t", attributes: { timeout: 0 } });
  client.socket.write("again");
  await until(() => lab.counters().bytesDown === 12);
  client.socket.resetAndDestroy();
  await until(() => lab.counters().open === 0);
  expect(lab.counters()).toMatchObject({ bytesUp: 13, deliveredUp: 13, bytesDown: 12, deliveredDown: 6 });
});

test("bytes that waited for a slow client when it was reset do not count as delivered", async () => {
  const size = 16_000_000;
  await using upstream = await startUpstream((socket) => socket.write(Buffer.alloc(size)));
  await using lab = await startLab(upstream.address, { ...testBounds, maxDelayedBytes: 4_000_000 });
  lab.add({ type: "latency", attributes: { latency: 1000 } });
  using client = await dial(lab.address);
  await until(() => lab.counters().bytesDown >= 2_000_000);
  expect(lab.counters().deliveredDown).toBe(0);
  client.socket.resetAndDestroy();
  await until(() => lab.counters().open === 0);
  expect(lab.counters().deliveredDown).toBe(0);
});
