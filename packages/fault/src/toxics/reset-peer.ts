/**
 * Cuts the link with a TCP RST, `timeout` milliseconds after it met the toxic: what a crashed host or an impatient
 * middlebox does. Live links are cut too, and with a real RST, where Toxiproxy sends a FIN. It takes the whole link,
 * whichever `stream` it is given.
 */
import { attribute, milliseconds, pass, type ToxicKind } from "./contract.ts";

export const resetPeer: ToxicKind = {
  attributes: { timeout: milliseconds("time until the reset") },
  bite: (occasion, toxic) => (occasion.at === "link" ? { do: "reset", afterMs: attribute(toxic, "timeout") } : pass),
};
