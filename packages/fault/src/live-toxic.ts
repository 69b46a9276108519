/**
 * A toxic as the links of one proxy meet it: its definition, bound to the seed and to its own name. Every coin is a hash
 * of (seed, proxy, toxic, connection ordinal, what is tossed for): the same seed gives the same run, and a toxic that
 * comes or goes changes nothing for the others.
 */
import { coin, type Toxic } from "@cordon/model";
import type { Bite, Occasion } from "./toxics/contract.ts";
import { kindOf } from "./toxics/table.ts";

export interface LiveToxic {
  readonly toxic: Toxic;
  /** Whether the link with this ordinal is among the share (`toxicity`) that the toxic applies to. */
  touches(link: number): boolean;
  bite(link: number, occasion: Occasion): Bite;
}

export function createLiveToxic(seed: string, proxy: string, toxic: Toxic): LiveToxic {
  const kind = kindOf(toxic.type);
  return {
    toxic,
    touches: (link) => coin(seed, proxy, toxic.name, link, "toxicity") < toxic.toxicity,
    bite: (link, occasion) => kind.bite(occasion, toxic, (...parts) => coin(seed, proxy, toxic.name, link, ...parts)),
  };
}
