/**
 * One stream carries `rate` kilobytes (1,000 bytes) a second and no more: the overloaded link of November 2012. Bytes go
 * out in portions of a tenth of a second, as Toxiproxy does, so that a slow stream trickles instead of jumping. At a rate
 * of 0 nothing passes, and nothing is lost: all of it comes when the toxic goes.
 */
import { attribute, pass, type Part, type ToxicKind } from "./contract.ts";

const portionMs = 100;

export const bandwidth: ToxicKind = {
  attributes: { rate: { absent: 0, minimum: 0, maximum: 10_000_000, meaning: "rate in kilobytes a second" } },
  bite(occasion, toxic) {
    if (occasion.at !== "chunk" || occasion.stream !== toxic.stream) return pass;
    const bytesPerMs = attribute(toxic, "rate");
    const portion = bytesPerMs === 0 ? occasion.bytes : Math.max(1, Math.floor(bytesPerMs * portionMs));
    const parts: Part[] = [];
    for (let left = occasion.bytes; left > 0; left -= portion) {
      const bytes = Math.min(left, portion);
      const busyMs = bytesPerMs === 0 ? Number.POSITIVE_INFINITY : bytes / bytesPerMs;
      parts.push({ bytes, delayMs: busyMs, busyMs });
    }
    return { do: "carry", parts, closes: false };
  },
};
