/**
 * Everything on one stream arrives `latency` milliseconds late, give or take up to `jitter`, never out of order. The
 * jitter comes from the seed, so that a run can be repeated.
 */
import { attribute, milliseconds, pass, type ToxicKind } from "./contract.ts";

export const latency: ToxicKind = {
  attributes: { latency: milliseconds("delay"), jitter: milliseconds("largest deviation from it") },
  bite(occasion, toxic, toss) {
    if (occasion.at !== "chunk" || occasion.stream !== toxic.stream) return pass;
    const jitterMs = attribute(toxic, "jitter");
    const deviationMs = jitterMs === 0 ? 0 : jitterMs * (2 * toss(occasion.stream, occasion.chunk) - 1);
    const delayMs = Math.max(0, attribute(toxic, "latency") + deviationMs);
    return delayMs === 0
      ? pass
      : { do: "carry", parts: [{ bytes: occasion.bytes, delayMs, busyMs: 0 }], closes: false };
  },
};
