/** So many bytes a second, in portions of a tenth of one; none lost. */
import { expect, test } from "vitest";
import { dial, startLab, startUpstream, until } from "../lab.fixture.ts";

const speaker = (bytes: number) => startUpstream((socket) => socket.end(Buffer.alloc(bytes, "x")));

test("a tenth of a second's bytes come each tenth of a second", async () => {
  await using upstream = await speaker(350);
  await using lab = await startLab(upstream.address);
  lab.add({ type: "bandwidth", name: "b", attributes: { rate: 1 } });
  using client = await dial(lab.address);
  await until(() => lab.counters().bytesDown === 350);
  for (const portion of [100, 200, 300]) {
    expect(client.received().length).toBeLessThan(portion);
    lab.ground.advance(100);
    await until(() => client.received().length === portion);
  }
  lab.ground.advance(49);
  expect(client.fate()).toBe("open");
  lab.ground.advance(1);
  await until(() => client.received().length === 350 && client.fate() === "ended");
  expect(lab.counters()).toMatchObject({ bytesDown: 350, deliveredDown: 350 });
});

test("at a rate of 0 nothing comes, and all of it when the toxic goes", async () => {
  await using upstream = await speaker(1000);
  await using lab = await startLab(upstream.address);
  lab.add({ type: "bandwidth", name: "b", attributes: { rate: 0 } });
  using client = await dial(lab.address);
  await until(() => lab.counters().bytesDown === 1000);
  lab.ground.advance(3_600_000);
  expect(lab.counters()).toMatchObject({ deliveredDown: 0, applied: { b: 1 } });
  lab.remove("b");
  await until(() => client.received().length === 1000 && client.fate() === "ended");
});

test("the other stream is not slowed", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "bandwidth", stream: "upstream", attributes: { rate: 0 } });
  using client = await dial(lab.address);
  await until(() => upstream.sockets.length === 1);
  upstream.sockets[0]?.write("greeting");
  await until(() => client.received().length > 0);
  expect(client.received().toString()).toBe("greeting");
});
