/**
 * The bytes of one DATA as they come over the wire, made into the message: the dot that RFC 5321 (4.5.2) puts before a line
 * that begins with one is taken away, and the line that is a dot alone ends the message. A union and one step, fed chunk
 * by chunk. Only CR LF ends a line here, so that no other reading of a lone CR or LF can end a message early; such a
 * message comes through whole, to be refused (crlf.ts).
 * Invariants: the message does not depend on where the chunks were cut; each byte is looked at once and copied once,
 * whatever it is, so that a flood of dots costs what plain text does.
 */
export type DotState =
  /** At the first byte of a line. */
  | "line"
  /** After a line's first byte, which was a dot and is held back. */
  | "dot"
  /** After that dot and a CR: an LF ends the message. */
  | "dot-cr"
  | "text"
  /** In a line, after a CR. */
  | "cr";

export const beforeMessage: DotState = "line";

export interface Undotted {
  readonly state: DotState;
  /** Bytes of the message. */
  readonly message: Buffer;
  /** Where in the chunk the bytes after the final dot begin; undefined when it has not come. */
  readonly endedAt: number | undefined;
}

const cr = 0x0d;
const lf = 0x0a;
const dot = 0x2e;

export function undot(before: DotState, chunk: Buffer): Undotted {
  let state = before;
  // One more: a CR that was held back at the end of the chunk before.
  const message = Buffer.allocUnsafe(chunk.length + 1);
  let length = 0;
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at] as number;
    if (state === "line" && byte === dot) {
      state = "dot";
      continue;
    }
    if (state === "dot" && byte === cr) {
      state = "dot-cr";
      continue;
    }
    if (state === "dot-cr") {
      if (byte === lf) return { state: beforeMessage, message: message.subarray(0, length), endedAt: at + 1 };
      message[length++] = cr;
      state = "cr";
    }
    message[length++] = byte;
    state = byte === cr ? "cr" : byte === lf && state === "cr" ? "line" : "text";
  }
  return { state, message: message.subarray(0, length), endedAt: undefined };
}
