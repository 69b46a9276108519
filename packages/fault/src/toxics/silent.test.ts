/** Accepts and never answers. A link that ends in a reset has proven that nothing came back before. */
import { expect, test } from "vitest";
import { dial, exchange, startLab, startUpstream, until } from "../lab.fixture.ts";

test("a new connection is accepted, swallowed and never answered, until the toxic goes and the link is reset", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "silent", name: "s" });
  using client = await dial(lab.address);
  client.socket.write("hello?");
  await until(() => lab.counters().bytesUp === 6);
  expect(client.fate()).toBe("open");
  lab.remove("s");
  await until(() => client.fate() !== "open");
  expect(client.fate()).toBe("ECONNRESET");
  expect(client.received().toString()).toBe("");
  expect(upstream.received().toString()).toBe("");
  expect(lab.counters()).toMatchObject({ exchanges: 1, bytesUp: 6, bytesDown: 0, applied: { s: 1 } });
});

test("a link that was alive falls silent at once, and new links work as soon as the toxic is gone", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  lab.add({ type: "silent", name: "s" });
  client.socket.write("anyone?");
  await until(() => lab.counters().bytesUp === 12);
  lab.remove("s");
  using next = await dial(lab.address);
  await exchange(next, "back");
  await until(() => client.fate() === "ECONNRESET");
  expect(client.received().toString()).toBe("hello");
});

test("a link that lost nothing while it was silent goes on", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  lab.add({ type: "silent", name: "s" });
  lab.remove("s");
  await exchange(client, "and again");
  expect(client.fate()).toBe("open");
});

test("an answer that was under way is lost, not late", async () => {
  await using upstream = await startUpstream((socket) => socket.on("data", () => {}));
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  client.socket.write("question");
  await until(() => upstream.received().length === 8);
  lab.add({ type: "silent", name: "s" });
  upstream.sockets[0]?.write("answer");
  await until(() => lab.counters().bytesDown === 6);
  lab.remove("s");
  await until(() => client.fate() === "ECONNRESET");
  expect(client.received().length).toBe(0);
});

test("the end of the upstream is hidden while the link is silent", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  lab.add({ type: "silent", name: "s" });
  upstream.sockets[0]?.resetAndDestroy();
  using other = await dial(lab.address);
  other.socket.write("x");
  await until(() => lab.counters().bytesUp === 6);
  expect(client.fate()).toBe("open");
  lab.remove("s");
  await until(() => client.fate() === "ECONNRESET");
});

test("a client that gives up on a silent link leaves nothing behind", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "silent" });
  using client = await dial(lab.address);
  client.socket.write("hello?");
  await until(() => lab.counters().bytesUp === 6);
  client.socket.destroy();
  await until(() => lab.counters().open === 0);
  expect(lab.counters()).toMatchObject({ connections: 1, exchanges: 1, bytesUp: 6 });
});

test("toxicity takes only a share of the links, and the same ones in every run", async () => {
  const silencedIn = async (): Promise<boolean[]> => {
    await using upstream = await startUpstream();
    await using lab = await startLab(upstream.address);
    lab.add({ type: "silent", name: "s", toxicity: 0.5 });
    const applied: number[] = [];
    for (let link = 1; link <= 20; link++) {
      using client = await dial(lab.address);
      client.socket.write("x");
      await until(() => lab.counters().bytesUp === link);
      applied.push(lab.counters().applied["s"] ?? 0);
    }
    return applied.map((count, index) => count > (applied[index - 1] ?? 0));
  };
  const first = await silencedIn();
  expect(first).toEqual(await silencedIn());
  expect(new Set(first)).toEqual(new Set([true, false]));
});
