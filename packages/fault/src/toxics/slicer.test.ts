/** Pieces, one by one, with pauses; whole again at the other end. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLiveToxic } from "../live-toxic.ts";
import { dial, startLab, startUpstream, testBounds, until, value } from "../lab.fixture.ts";
import { parseToxic } from "../orders.ts";

test("one piece comes after another, a pause between each", async () => {
  await using upstream = await startUpstream((socket) => socket.write("abcdefgh"));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "slicer", name: "s", attributes: { average_size: 3, delay: 1000 } });
  using client = await dial(lab.address);
  await until(() => client.received().toString() === "abc");
  for (const whole of ["abcdef", "abcdefgh"]) {
    expect(client.received().length).toBeLessThan(whole.length);
    lab.ground.advance(1);
    await until(() => client.received().toString() === whole);
  }
  expect(lab.counters()).toMatchObject({ deliveredDown: 8, applied: { s: 1 } });
});

test("without a pause every piece is still sent on its own, and all bytes are there and counted", async () => {
  const body = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));
  await using upstream = await startUpstream((socket) => socket.end(body));
  await using lab = await startLab(upstream.address, { ...testBounds, maxDelayedBytes: 10_000 });
  lab.add({ type: "slicer", attributes: { average_size: 10, size_variation: 9 } });
  using client = await dial(lab.address);
  await until(() => client.fate() === "ended");
  expect(client.received().equals(body)).toBe(true);
  expect(lab.counters()).toMatchObject({ bytesDown: 20_000, deliveredDown: 20_000 });
});

test("pieces make up the bytes, and each is of the size that was asked for", () => {
  const sizes = fc.record({
    average: fc.integer({ min: 1, max: 500 }),
    variation: fc.integer({ min: 0, max: 600 }),
    bytes: fc.integer({ min: 1, max: 5000 }),
    offset: fc.nat({ max: 1_000_000 }),
  });
  fc.assert(
    fc.property(sizes, ({ average, variation, bytes, offset }) => {
      const attributes = { average_size: average, size_variation: variation };
      const live = createLiveToxic("seed", "p", value(parseToxic({ type: "slicer", attributes })));
      const bite = live.onChunk(1, { stream: "downstream", chunk: 1, offset, bytes });
      const parts = bite.do === "carry" ? bite.parts.map((part) => part.bytes) : [];
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(bytes);
      for (const part of parts.slice(0, -1)) {
        expect(part).toBeGreaterThanOrEqual(Math.max(1, average - variation));
        expect(part).toBeLessThanOrEqual(average + variation);
      }
    }),
  );
});
