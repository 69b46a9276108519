/**
 * How the toxics of a link, asked one after the other, shape the bytes of one stream: each takes the pieces that the one
 * before it left, cuts them further and sets when they are due. A line is what one toxic knows of one stream of one link:
 * how many bytes it has seen, and when it is free again.
 * Invariants: no byte is added, none changes its place, and bytes go missing only behind a part that closes.
 */
import type { Instant } from "@cordon/model";
import type { Bite } from "./toxics/contract.ts";

/** So many bytes, to go out at `dueAt`; infinite: when they are let go. */
export interface Piece {
  readonly bytes: number;
  readonly dueAt: Instant;
}

export interface Line {
  /** Bytes that the toxic was asked about. */
  readonly offset: number;
  readonly freeAt: Instant;
}

export const newLine: Line = { offset: 0, freeAt: Number.NEGATIVE_INFINITY };

export interface Carried {
  readonly pieces: readonly Piece[];
  readonly line: Line;
  /** The toxic did something to these bytes. */
  readonly bitten: boolean;
  /** The link is to be closed behind the last piece. */
  readonly closes: boolean;
}

/** What one toxic makes of `pieces`. `ask` is asked for each: its place since link and toxic met, and its length. */
export function carry(pieces: readonly Piece[], line: Line, ask: (offset: number, bytes: number) => Bite): Carried {
  const carried: Piece[] = [];
  let { offset, freeAt } = line;
  let bitten = false;
  for (const piece of pieces) {
    const bite = ask(offset, piece.bytes);
    offset += piece.bytes;
    if (bite.do !== "carry") {
      carried.push(piece);
      continue;
    }
    bitten = true;
    for (const { bytes, delayMs, busyMs } of bite.parts) {
      const startsAt = Math.max(piece.dueAt, freeAt);
      freeAt = startsAt + busyMs;
      carried.push({ bytes, dueAt: startsAt + delayMs });
    }
    if (bite.closes) return { pieces: carried, line: { offset, freeAt }, bitten, closes: true };
  }
  return { pieces: carried, line: { offset, freeAt }, bitten, closes: false };
}
