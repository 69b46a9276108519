/**
 * The bytes of one DATA, gathered under bounds: size, time, memory over all sessions, and whole line ends. What will be
 * refused is still read to its final dot, since a reply in the middle of a message is one that clients misread; but it is
 * no longer kept.
 * Invariants: bytes kept never exceed `messageBytes` for one message nor `receivingBytes` for all; every byte counted in is
 * counted out again; after `dataMs` the session is ended, however the client paces itself.
 */
import type { SMTPServerDataStream } from "smtp-server";
import { reply, type Reply } from "./admission.ts";
import type { SmtpBounds } from "./config.ts";
import { lineEndsAreWhole, noBytesYet, stepLineEnds } from "./crlf.ts";

export type Received =
  | { readonly kind: "message"; readonly body: Buffer }
  | Reply
  /** The client went away, or was sent away, before the final dot: nobody waits for an answer. */
  | { readonly kind: "gone" };

/** Bytes being received now, over all sessions. */
export interface Receiving {
  bytes: number;
}

const tooLarge = reply(552, "5.3.4", "The message is too large");
const noRoom = reply(452, "4.3.1", "Too much mail is coming in at once, try later");
const loneLineEnd = reply(550, "5.6.0", "The message has a CR or an LF that stands alone");

/** Reads `stream` to its end. `tooSlow` is called when `dataMs` have passed; it ends the session. */
export function receive(
  stream: SMTPServerDataStream,
  bounds: SmtpBounds,
  receiving: Receiving,
  tooSlow: () => void,
): Promise<Received> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let kept = 0;
    let lines = noBytesYet;
    let refusal: Reply | undefined;
    const drop = (): void => {
      receiving.bytes -= kept;
      kept = 0;
      chunks = [];
    };
    const finish = (received: Received): void => {
      clearTimeout(timer);
      drop();
      resolve(received);
    };
    const timer = setTimeout(() => {
      tooSlow();
      finish({ kind: "gone" });
    }, bounds.dataMs);

    stream.on("data", (chunk: Buffer) => {
      if (refusal !== undefined) return;
      lines = stepLineEnds(lines, chunk);
      if (lines.state === "broken") refusal = loneLineEnd;
      else if (stream.sizeExceeded || kept + chunk.length > bounds.messageBytes) refusal = tooLarge;
      else if (receiving.bytes + chunk.length > bounds.receivingBytes) refusal = noRoom;
      if (refusal !== undefined) return drop();
      kept += chunk.length;
      receiving.bytes += chunk.length;
      chunks.push(chunk);
    });
    stream.on("end", () => {
      if (refusal === undefined && !lineEndsAreWhole(lines)) refusal = loneLineEnd;
      finish(refusal ?? { kind: "message", body: Buffer.concat(chunks) });
    });
    stream.on("error", () => finish({ kind: "gone" }));
    stream.on("close", () => finish({ kind: "gone" }));
  });
}
