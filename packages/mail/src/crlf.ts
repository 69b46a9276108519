/**
 * Whether every line of a message ends in CRLF and no CR or LF stands alone. A lone one is read as a line end by some
 * servers and not by others, which is how one message is smuggled inside another; the library stores them as they come.
 * A union and one step, fed chunk by chunk.
 * Invariant: the verdict does not depend on where the chunks were cut, and costs one look at each byte.
 */
export type LineEnds =
  | { readonly state: "whole" }
  /** The last byte was a CR: an LF must follow. */
  | { readonly state: "after-cr" }
  | { readonly state: "broken" };

export const noBytesYet: LineEnds = { state: "whole" };

const afterCr: LineEnds = { state: "after-cr" };
const broken: LineEnds = { state: "broken" };

export function stepLineEnds(before: LineEnds, chunk: Uint8Array): LineEnds {
  if (before.state === "broken") return before;
  let wasCr = before.state === "after-cr";
  for (const byte of chunk) {
    if (wasCr !== (byte === 0x0a)) return broken;
    wasCr = byte === 0x0d;
  }
  return wasCr ? afterCr : noBytesYet;
}

/** Whether the message ended without a lone CR or LF. */
export const lineEndsAreWhole = (atEnd: LineEnds): boolean => atEnd.state === "whole";
