/**
 * Cuts one stream into pieces of `average_size` bytes, give or take up to `size_variation`, each sent on its own and
 * `delay` microseconds after the one before: what a reader meets who believes that one write is one read. Pauses are kept
 * on average; a timer of Node has whole milliseconds, so shorter ones let several pieces out together, in order.
 */
import { attribute, hourMs, pass, type Part, type ToxicKind } from "./contract.ts";

const longestPiece = 1_000_000_000;

export const slicer: ToxicKind = {
  attributes: {
    average_size: { absent: undefined, minimum: 1, maximum: longestPiece, meaning: "size of a piece in bytes" },
    size_variation: { absent: 0, minimum: 0, maximum: longestPiece, meaning: "largest deviation from it in bytes" },
    delay: { absent: 0, minimum: 0, maximum: 1000 * hourMs, meaning: "pause after a piece in microseconds" },
  },
  bite(occasion, toxic, toss) {
    if (occasion.at !== "chunk" || occasion.stream !== toxic.stream) return pass;
    const variation = attribute(toxic, "size_variation");
    const busyMs = attribute(toxic, "delay") / 1000;
    const parts: Part[] = [];
    for (let left = occasion.bytes; left > 0;) {
      const place = occasion.offset + occasion.bytes - left;
      const deviation = variation === 0 ? 0 : variation * (2 * toss(occasion.stream, place) - 1);
      const bytes = Math.min(left, Math.max(1, Math.round(attribute(toxic, "average_size") + deviation)));
      parts.push({ bytes, delayMs: 0, busyMs });
      left -= bytes;
    }
    return { do: "carry", parts, closes: false };
  },
};
