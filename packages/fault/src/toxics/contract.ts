/**
 * What a toxic is: a pure decision about one link, asked at three moments, and answered with what the link must do. A
 * toxic keeps no state, holds no socket and starts no timer; the link does all of that, the same way for each kind. So a
 * new kind of harm is one file and one row of the table.
 * Invariant: the answer depends on (seed, proxy, toxic, ordinals) alone, never on what other toxics there are.
 */

export type Stream = "upstream" | "downstream";

/** When a toxic is asked. Ordinals count from 1: exchanges within the link, chunks within the link and its stream. */
export type Occasion =
  /** The link and the toxic meet: at its connect, or at once on every live link when the toxic is added. */
  | { readonly at: "link" }
  /** The client begins an exchange: its first bytes after an answer, or after its connect. */
  | { readonly at: "exchange"; readonly exchange: number }
  /** Bytes arrived on one stream. */
  | { readonly at: "chunk"; readonly stream: Stream; readonly chunk: number };

/** What the link must do. A stall lasts until the toxic is taken away; delays of several toxics add up. */
export type Bite =
  | { readonly do: "pass" }
  | { readonly do: "stall" }
  | { readonly do: "delay"; readonly ms: number }
  | { readonly do: "reset"; readonly afterMs: number };

export const pass: Bite = { do: "pass" };

/** A number in [0, 1) that is the same whenever this toxic, on this link, tosses for the same parts. */
export type Toss = (...parts: readonly (string | number)[]) => number;

export interface ToxicParameters {
  readonly stream: Stream;
  /** Complete: every attribute of the kind has its number. */
  readonly attributes: Readonly<Record<string, number>>;
}

/** An attribute a kind takes: a number from 0 to `maximum`. One that is not required is 0 when absent, as in Toxiproxy. */
export interface AttributeRule {
  readonly required: boolean;
  readonly maximum: number;
  readonly meaning: string;
}

export interface ToxicKind {
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  bite(occasion: Occasion, toxic: ToxicParameters, toss: Toss): Bite;
}

/** The number of an attribute. The parser has seen to it that each one is there, so a miss is a bug. */
export function attribute(toxic: ToxicParameters, name: string): number {
  const value = toxic.attributes[name];
  if (value === undefined) throw new Error(`the attribute ${name} was not parsed`);
  return value;
}
