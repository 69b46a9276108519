/** One stream is swallowed, and the connection closed in order. */
import { expect, test } from "vitest";
import { dial, exchange, startLab, startUpstream, until } from "../lab.fixture.ts";

test("the upstream hears the question, the client no answer, and it is closed after the time, busy or not", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "timeout", name: "t", attributes: { timeout: 500 } });
  using client = await dial(lab.address);
  for (const bytes of [5, 10, 15]) {
    client.socket.write("hello");
    await until(() => lab.counters().bytesDown === bytes);
    lab.ground.advance(150);
  }
  expect(client.fate()).toBe("open");
  lab.ground.advance(50);
  await until(() => client.fate() !== "open");
  expect(client.fate()).toBe("ended");
  expect(client.received().length).toBe(0);
  expect(upstream.received().toString()).toBe("hellohellohello");
  client.socket.destroy();
  await until(() => lab.counters().open === 0);
  expect(lab.counters()).toMatchObject({ bytesUp: 15, deliveredUp: 15, bytesDown: 15, deliveredDown: 0 });
  expect(lab.counters()).toMatchObject({ applied: { t: 1 } });
});

test("at 0 it stays open, and is closed when the toxic goes", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "timeout", name: "t", stream: "upstream", attributes: { timeout: 0 } });
  using client = await dial(lab.address);
  client.socket.write("hello");
  await until(() => lab.counters().bytesUp === 5);
  lab.ground.advance(3_600_000);
  expect(client.fate()).toBe("open");
  lab.remove("t");
  await until(() => client.fate() === "ended");
  expect(upstream.received().length).toBe(0);
  using next = await dial(lab.address);
  await exchange(next, "back");
});

test("a changed time begins anew and closes nothing by itself", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "timeout", name: "t", attributes: { timeout: 500 } });
  using client = await dial(lab.address);
  lab.ground.advance(400);
  lab.change("t", { attributes: { timeout: 300 } });
  lab.ground.advance(299);
  client.socket.write("hello");
  await until(() => lab.counters().bytesDown === 5);
  expect(client.fate()).toBe("open");
  lab.ground.advance(1);
  await until(() => client.fate() === "ended");
});

test("the end of the upstream closes the connection before its time", async () => {
  await using upstream = await startUpstream((socket) => socket.end("lost"));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "timeout", attributes: { timeout: 0 } });
  using client = await dial(lab.address);
  await until(() => client.fate() === "ended");
  expect(client.received().length).toBe(0);
});

test("what is on its way on the other stream still arrives, also at a client that reads late", async () => {
  await using upstream = await startUpstream((socket) => socket.write(Buffer.alloc(16_000_000)));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "timeout", stream: "upstream", attributes: { timeout: 500 } });
  using client = await dial(lab.address);
  client.socket.pause();
  await until(() => lab.counters().bytesDown > lab.counters().deliveredDown);
  lab.ground.advance(500);
  client.socket.resume();
  await until(() => client.fate() !== "open");
  expect(client.fate()).toBe("ended");
  expect(client.received().length).toBe(lab.counters().bytesDown);
});
