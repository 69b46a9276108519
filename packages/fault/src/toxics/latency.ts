/**
 * Everything on one stream arrives `latency` milliseconds late, give or take up to `jitter`, never out of order. The
 * jitter comes from the seed, so that a run can be repeated.
 */
import { attribute, pass, type ToxicKind } from "./contract.ts";

const hourMs = 3_600_000;

export const latency: ToxicKind = {
  attributes: {
    latency: { required: true, maximum: hourMs, meaning: "delay in milliseconds" },
    jitter: { required: false, maximum: hourMs, meaning: "largest deviation from it in milliseconds" },
  },
  bite(occasion, toxic, toss) {
    if (occasion.at !== "chunk" || occasion.stream !== toxic.stream) return pass;
    const jitterMs = attribute(toxic, "jitter");
    const deviationMs = jitterMs === 0 ? 0 : jitterMs * (2 * toss(occasion.stream, occasion.chunk) - 1);
    return { do: "delay", ms: Math.max(0, attribute(toxic, "latency") + deviationMs) };
  },
};
