/**
 * Accepts and never answers: the June 2014 partition as its callers saw it. Connects succeed, what the client sends is
 * swallowed, nothing comes back, and the connection stays open. Links that were alive fall silent too. It takes the whole
 * link, whichever `stream` it is given.
 */
import { pass, type ToxicKind } from "./contract.ts";

export const silent: ToxicKind = {
  attributes: {},
  bite: (occasion) => (occasion.at === "link" ? { do: "stall" } : pass),
};
