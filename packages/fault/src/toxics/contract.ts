/**
 * What a toxic is: a pure decision about one link, asked at four moments, and answered with what the link must do. A
 * toxic keeps no state, holds no socket and starts no timer; the link does all of that, the same way for each kind. So a
 * new kind of harm is one file and one row of the table.
 * Invariant: the answer depends on (seed, proxy, toxic, ordinals, places in the stream) alone, never on what other
 * toxics there are.
 */

export type Stream = "upstream" | "downstream";

/** When a toxic is asked. Ordinals count from 1. */
export type Occasion =
  /**
   * The link and the toxic meet: at its connect, or at once on every live link when the toxic is added. `nth` counts the
   * links of the proxy that were made since the toxic came; 0 is one that was there before.
   */
  | { readonly at: "link"; readonly nth: number }
  /**
   * The client begins an exchange: its first bytes after an answer, or after its connect. `exchange` counts within the
   * link, `nth` the exchanges of all links since the toxic came.
   */
  | { readonly at: "exchange"; readonly exchange: number; readonly nth: number }
  /**
   * `bytes` bytes arrived on one stream, the first of them the `offset`th (from 0) since the toxic and the link met.
   * `chunk` counts what was read from the socket: what another toxic has cut into pieces has one number still.
   */
  | {
      readonly at: "chunk";
      readonly stream: Stream;
      readonly chunk: number;
      readonly offset: number;
      readonly bytes: number;
    }
  /** One side has finished speaking, in order. */
  | { readonly at: "end"; readonly stream: Stream };

/**
 * A share of the bytes that were asked about, in order. It goes out `delayMs` after the line is free, and keeps the line
 * busy for `busyMs`: the next part, and what comes behind it, starts only then.
 */
export interface Part {
  readonly bytes: number;
  readonly delayMs: number;
  readonly busyMs: number;
}

/** What the link must do. */
export type Bite =
  | { readonly do: "pass" }
  /** Nothing passes either way, and no end is told, until the toxic is taken away. */
  | { readonly do: "stall" }
  /** Nothing passes on this stream; the link is closed after so many milliseconds, infinite for never, or with the toxic. */
  | { readonly do: "swallow"; readonly stream: Stream; readonly closeAfterMs: number }
  | { readonly do: "reset"; readonly afterMs: number }
  /** The bytes go out in these parts. `closes`: the link is closed behind them, and what they leave of the bytes is gone. */
  | { readonly do: "carry"; readonly parts: readonly Part[]; readonly closes: boolean }
  /** The end is told so much later. */
  | { readonly do: "hold-end"; readonly ms: number };

export const pass: Bite = { do: "pass" };

/** A number in [0, 1) that is the same whenever this toxic, on this link, tosses for the same parts. */
export type Toss = (...parts: readonly (string | number)[]) => number;

export interface ToxicParameters {
  readonly stream: Stream;
  /** Complete: every attribute of the kind has its number. */
  readonly attributes: Readonly<Record<string, number>>;
}

/** An attribute a kind takes: a number from `minimum` to `maximum`. */
export interface AttributeRule {
  /** What a caller means who leaves it out; undefined where it has to be given. */
  readonly absent: number | undefined;
  readonly minimum: number;
  readonly maximum: number;
  readonly meaning: string;
}

export interface ToxicKind {
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  bite(occasion: Occasion, toxic: ToxicParameters, toss: Toss): Bite;
}

export const hourMs = 3_600_000;

/** The number of an attribute. The parser has seen to it that each one is there, so a miss is a bug. */
export function attribute(toxic: ToxicParameters, name: string): number {
  const value = toxic.attributes[name];
  if (value === undefined) throw new Error(`the attribute ${name} was not parsed`);
  return value;
}

/** Milliseconds up to an hour; left out they are 0, as in Toxiproxy. */
export const milliseconds = (meaning: string): AttributeRule => ({
  absent: 0,
  minimum: 0,
  maximum: hourMs,
  meaning: `${meaning} in milliseconds`,
});
