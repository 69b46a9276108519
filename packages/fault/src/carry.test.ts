/** Whatever several toxics make of a stream, its bytes stay what they are, and where they are. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { carry, newLine, type Line, type Piece } from "./carry.ts";
import { createLiveToxic, type LiveToxic } from "./live-toxic.ts";
import { value } from "./lab.fixture.ts";
import { parseToxic } from "./orders.ts";

const toxicOf = (type: string, attributes: Record<string, number>): LiveToxic =>
  createLiveToxic("seed", "p", value(parseToxic({ type, attributes })));

const shaping = fc.oneof(
  fc.integer({ min: 1, max: 50 }).map((rate) => toxicOf("bandwidth", { rate })),
  fc.integer({ min: 1, max: 200 }).map((size) => toxicOf("slicer", { average_size: size, delay: 500 })),
  fc.integer({ min: 0, max: 90 }).map((ms) => toxicOf("latency", { latency: ms, jitter: ms })),
  fc.double({ min: 0, max: 1, noNaN: true }).map((loss) => toxicOf("packet_loss", { loss })),
);

/** Sends chunks through the toxics, 10 ms apart: what goes out for each chunk. */
function send(toxics: readonly LiveToxic[], chunks: readonly number[]): Piece[][] {
  const lines = new Map<LiveToxic, Line>();
  return chunks.map((bytes, index) => {
    let pieces: readonly Piece[] = [{ bytes, dueAt: index * 10 }];
    for (const toxic of toxics) {
      const carried = carry(pieces, lines.get(toxic) ?? newLine, (offset, length) =>
        toxic.onChunk(1, { stream: "downstream", chunk: index + 1, offset, bytes: length }),
      );
      lines.set(toxic, carried.line);
      pieces = carried.pieces;
    }
    return [...pieces];
  });
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });

test("no byte is lost or added, and none goes out before it came", () => {
  fc.assert(
    fc.property(fc.array(shaping, { maxLength: 4 }), chunkSizes, (toxics, chunks) => {
      for (const [index, pieces] of send(toxics, chunks).entries()) {
        expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(chunks[index]);
        for (const { dueAt } of pieces) expect(dueAt).toBeGreaterThanOrEqual(index * 10);
      }
    }),
  );
});

test("a rate is kept over all chunks, whatever the other toxics do before", () => {
  fc.assert(
    fc.property(
      fc.array(shaping, { maxLength: 2 }),
      chunkSizes,
      fc.integer({ min: 1, max: 20 }),
      (others, chunks, rate) => {
        const pieces = send([...others, toxicOf("bandwidth", { rate })], chunks).flat();
        const total = chunks.reduce((sum, bytes) => sum + bytes, 0);
        expect(pieces.at(-1)?.dueAt).toBeGreaterThanOrEqual(total / rate - 0.001);
      },
    ),
  );
});

test("what one toxic does to a byte does not depend on the toxics behind it or on how those before it cut", () => {
  const lossOf = (toxics: readonly LiveToxic[], chunks: readonly number[]): number[] =>
    send(toxics, chunks).flatMap((pieces, index) =>
      pieces.flatMap(({ bytes, dueAt }) => Array.from({ length: bytes }, () => dueAt - index * 10)),
    );
  fc.assert(
    fc.property(chunkSizes, fc.integer({ min: 1, max: 500 }), (chunks, size) => {
      const loss = toxicOf("packet_loss", { loss: 0.4 });
      const jitter = toxicOf("latency", { latency: 100, jitter: 100 });
      const slices = toxicOf("slicer", { average_size: size });
      expect(lossOf([slices, loss, jitter], chunks)).toEqual(lossOf([loss, jitter], chunks));
    }),
  );
});
