/**
 * The first ones hang and the rest pass: of the connections made since the toxic came the first `connections`, and of the
 * exchanges begun since then, on whichever connection, the first `exchanges`. With it a retry is seen to help or to hurt,
 * since it is known which attempt will be the first good one.
 */
import { attribute, pass, type AttributeRule, type ToxicKind } from "./contract.ts";

const count = (meaning: string): AttributeRule => ({ absent: 0, minimum: 0, maximum: 1_000_000_000, meaning });

export const firstN: ToxicKind = {
  attributes: {
    connections: count("number of connections that hang"),
    exchanges: count("number of exchanges that hang"),
  },
  bite(occasion, toxic) {
    switch (occasion.at) {
      case "link":
        return occasion.nth > 0 && occasion.nth <= attribute(toxic, "connections") ? { do: "stall" } : pass;
      case "exchange":
        return occasion.nth <= attribute(toxic, "exchanges") ? { do: "stall" } : pass;
      case "chunk":
      case "end":
        return pass;
    }
  },
};
