/**
 * A toxic as the links of one proxy meet it: its definition, bound to the seed and to its own name. Every coin is a hash
 * of (seed, proxy, toxic, connection ordinal, what is tossed for): the same seed gives the same run, and a toxic that
 * comes or goes changes nothing for the others. It counts what it meets from its coming on, for the first of them.
 */
import { coin, type Toxic } from "@cordon/model";
import type { Bite, Stream } from "./toxics/contract.ts";
import { kindOf } from "./toxics/table.ts";

/** A link, by its ordinal in its proxy (from 1). */
export interface LiveToxic {
  readonly toxic: Toxic;
  /** Whether the link is among the share (`toxicity`) that the toxic applies to. */
  touches(link: number): boolean;
  /** They meet. `isNew`: the link has just been made; otherwise the toxic came to a live one. */
  onLink(link: number, isNew: boolean): Bite;
  onExchange(link: number, exchange: number): Bite;
  onChunk(link: number, chunk: ChunkPlace): Bite;
  onEnd(link: number, stream: Stream): Bite;
}

export interface ChunkPlace {
  readonly stream: Stream;
  readonly chunk: number;
  readonly offset: number;
  readonly bytes: number;
}

export function createLiveToxic(seed: string, proxy: string, toxic: Toxic): LiveToxic {
  const kind = kindOf(toxic.type);
  const tossFor =
    (link: number) =>
    (...parts: readonly (string | number)[]) =>
      coin(seed, proxy, toxic.name, link, ...parts);
  let links = 0;
  let exchanges = 0;
  return {
    toxic,
    touches: (link) => toxic.toxicity === 1 || coin(seed, proxy, toxic.name, link, "toxicity") < toxic.toxicity,
    onLink(link, isNew) {
      if (isNew) links += 1;
      return kind.bite({ at: "link", nth: isNew ? links : 0 }, toxic, tossFor(link));
    },
    onExchange(link, exchange) {
      exchanges += 1;
      return kind.bite({ at: "exchange", exchange, nth: exchanges }, toxic, tossFor(link));
    },
    onChunk: (link, place) => kind.bite({ at: "chunk", ...place }, toxic, tossFor(link)),
    onEnd: (link, stream) => kind.bite({ at: "end", stream }, toxic, tossFor(link)),
  };
}
