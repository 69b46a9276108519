/**
 * A share of the exchanges hangs: the gray failure of November 2012, and the `intermittent` variant of June 2014. The coin
 * is tossed for each exchange, not for each connection: a client drops a hung connection and keeps the good ones, so a
 * coin per connection would cure itself within seconds. From the exchange that loses on, its link never answers.
 */
import { attribute, pass, type ToxicKind } from "./contract.ts";

export const intermittent: ToxicKind = {
  attributes: { share: { absent: undefined, minimum: 0, maximum: 1, meaning: "share of the exchanges that hang" } },
  bite: (occasion, toxic, toss) =>
    occasion.at === "exchange" && toss(occasion.exchange) < attribute(toxic, "share") ? { do: "stall" } : pass,
};
