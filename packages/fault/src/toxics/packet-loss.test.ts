/** A lost segment is a late one, and what is behind it is late too; nothing is missing. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLiveToxic } from "../live-toxic.ts";
import { dial, startLab, startUpstream, until, value } from "../lab.fixture.ts";
import { parseToxic } from "../orders.ts";

const liveLoss = (loss: number, rto = 200) =>
  createLiveToxic("seed", "p", value(parseToxic({ type: "packet_loss", name: "l", attributes: { loss, rto } })));

/** Where in a stream that is read in chunks of these sizes the delay changes, and to what. */
function lateness(chunks: readonly number[], loss: number): [place: number, delayMs: number][] {
  const live = liveLoss(loss);
  const changes: [number, number][] = [];
  let offset = 0;
  for (const [index, bytes] of chunks.entries()) {
    const bite = live.onChunk(1, { stream: "downstream", chunk: index + 1, offset, bytes });
    const parts = bite.do === "carry" ? bite.parts : [{ bytes, delayMs: 0, busyMs: 0 }];
    for (const part of parts) {
      if (changes.at(-1)?.[1] !== part.delayMs) changes.push([offset, part.delayMs]);
      offset += part.bytes;
    }
  }
  return changes;
}

test("the same segments are lost however the stream is cut into chunks", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 10 }), (chunks) => {
      const total = chunks.reduce((sum, bytes) => sum + bytes, 0);
      expect(lateness(chunks, 0.3)).toEqual(lateness([total], 0.3));
    }),
  );
});

test("the share that is lost is the share that was asked for, and comes a time-out late, doubled when lost again", () => {
  const segments = 10_000;
  const bite = liveLoss(0.2).onChunk(1, { stream: "downstream", chunk: 1, offset: 0, bytes: 1460 * segments });
  const parts = bite.do === "carry" ? bite.parts : [];
  expect(parts).toHaveLength(segments);
  const late = (ms: number): number => parts.filter(({ delayMs }) => delayMs === ms).length / segments;
  expect(late(0)).toBeGreaterThan(0.78);
  expect(late(0)).toBeLessThan(0.82);
  expect(late(200)).toBeCloseTo(0.16, 1);
  expect(late(600)).toBeCloseTo(0.032, 1);
  expect(lateness([1460 * 3], 0)).toEqual([[0, 0]]);
});

test("all bytes arrive, in order, when the time-outs have passed", async () => {
  const body = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index % 251));
  await using upstream = await startUpstream((socket) => socket.end(body));
  await using lab = await startLab(upstream.address);
  lab.add({ type: "packet_loss", name: "l", attributes: { loss: 0.5 } });
  using client = await dial(lab.address);
  await until(() => lab.counters().applied["l"] === 1);
  expect(client.fate()).toBe("open");
  await until(() => {
    lab.ground.advance(200);
    return client.fate() === "ended";
  });
  expect(client.received().equals(body)).toBe(true);
});
