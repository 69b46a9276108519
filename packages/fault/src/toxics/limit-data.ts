/**
 * Lets exactly `bytes` bytes through on one stream, counted from when link and toxic met, and closes the connection
 * behind them, in order: an answer that ends in the middle.
 */
import { attribute, pass, type ToxicKind } from "./contract.ts";

export const limitData: ToxicKind = {
  attributes: {
    bytes: { absent: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, meaning: "number of bytes that pass" },
  },
  bite(occasion, toxic) {
    if (occasion.at !== "chunk" || occasion.stream !== toxic.stream) return pass;
    const left = Math.max(0, Math.floor(attribute(toxic, "bytes")) - occasion.offset);
    if (occasion.bytes < left) return pass;
    return { do: "carry", parts: left === 0 ? [] : [{ bytes: left, delayMs: 0, busyMs: 0 }], closes: true };
  },
};
