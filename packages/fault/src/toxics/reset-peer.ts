/**
 * Cuts the link with a TCP RST, `timeout` milliseconds after it met the toxic: what a crashed host or an impatient
 * middlebox does. It takes the whole link, whichever `stream` it is given.
 */
import { attribute, pass, type ToxicKind } from "./contract.ts";

const hourMs = 3_600_000;

export const resetPeer: ToxicKind = {
  attributes: { timeout: { required: false, maximum: hourMs, meaning: "milliseconds until the reset" } },
  bite: (occasion, toxic) => (occasion.at === "link" ? { do: "reset", afterMs: attribute(toxic, "timeout") } : pass),
};
