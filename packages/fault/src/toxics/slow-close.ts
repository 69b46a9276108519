/**
 * One side's end reaches the other `delay` milliseconds late: connections that nobody needs any more stay open. Only an
 * end in order is held back; a reset passes at once, since a peer that resets has not finished speaking.
 */
import { attribute, milliseconds, pass, type ToxicKind } from "./contract.ts";

export const slowClose: ToxicKind = {
  attributes: { delay: milliseconds("delay of the end") },
  bite: (occasion, toxic) =>
    occasion.at === "end" && occasion.stream === toxic.stream && attribute(toxic, "delay") > 0
      ? { do: "hold-end", ms: attribute(toxic, "delay") }
      : pass,
};
