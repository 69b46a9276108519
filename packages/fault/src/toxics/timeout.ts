/**
 * Nothing passes on one stream, and the connection is closed `timeout` milliseconds after it met the toxic, busy or not
 * (Toxiproxy's starts anew with every byte, so that a busy client is never cut off). At 0 it stays open. When the toxic
 * goes the connection is closed, as in Toxiproxy: what was lost would leave its two ends out of step.
 */
import { attribute, milliseconds, pass, type ToxicKind } from "./contract.ts";

export const timeout: ToxicKind = {
  attributes: { timeout: milliseconds("time until the connection is closed") },
  bite(occasion, toxic) {
    if (occasion.at !== "link") return pass;
    const closeAfterMs = attribute(toxic, "timeout");
    return {
      do: "swallow",
      stream: toxic.stream,
      closeAfterMs: closeAfterMs === 0 ? Number.POSITIVE_INFINITY : closeAfterMs,
    };
  },
};
