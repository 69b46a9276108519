/**
 * The few headers the post reads or writes itself: it finds a message's Message-ID for the ledger, and puts the trace
 * (Return-Path, Delivered-To, Received) on top at delivery. Nothing here parses a message; that is done where it can be
 * killed, since malformed mail of May 2011 is of this world.
 * Invariants: at most `headerScanBytes` are looked at; what is written holds no line break that a client sent.
 */
import type { MessageId, WallTime } from "@cordon/model";

/** How far into a message its Message-ID is looked for, bytes. */
export const headerScanBytes = 65_536;
const longestHeaderId = 250;

/** Where a message came in, for its Received header. */
export interface Trace {
  /** What the client called itself in HELO or EHLO. */
  readonly helo: string;
  /** The client's IP address. */
  readonly client: string;
  /** `ESMTP`, `ESMTPA`, `ESMTPSA`, .. */
  readonly protocol: string;
  /** The address that signed in, on the submission port. */
  readonly user: string | null;
}

/** The header block of a message with its last line end, or what of it stands in the first `headerScanBytes`. */
export function headerBlock(message: Buffer): Buffer {
  const scanned = message.subarray(0, headerScanBytes);
  const end = scanned.indexOf("\r\n\r\n");
  return end < 0 ? scanned : scanned.subarray(0, end + 2);
}

/** The `Message-ID` of a message as it stands in its header, angle brackets and all; null when there is none. */
export function headerIdOf(message: Buffer): string | null {
  const found = /^message-id:[ \t]*(?:\r\n[ \t]+)?([^\r\n]+)/im.exec(headerBlock(message).toString("latin1"));
  const value = found?.[1]?.trim();
  return value === undefined || value === ""
    ? null
    : Buffer.from(value, "latin1").toString("utf8").slice(0, longestHeaderId);
}

/** The lines a delivery puts on top of the message. */
export function traceHeaders(about: {
  readonly message: MessageId;
  readonly sender: string;
  readonly mailbox: string;
  readonly hostname: string;
  readonly acceptedWall: WallTime;
  /** Null: the message was made here. */
  readonly trace: Trace | null;
}): Buffer {
  const { trace } = about;
  const from = trace === null ? "" : `from ${clean(trace.helo)} ([${clean(trace.client)}])\r\n\t`;
  const signedIn = trace?.user === null || trace === null ? "" : ` (signed in as ${clean(trace.user)})`;
  const protocol = trace === null ? "local" : clean(trace.protocol);
  return Buffer.from(
    `Return-Path: <${clean(about.sender)}>\r\n` +
      `Delivered-To: ${clean(about.mailbox)}\r\n` +
      `Received: ${from}by ${clean(about.hostname)} with ${protocol} id ${about.message}${signedIn};\r\n` +
      `\t${mailDate(about.acceptedWall)}\r\n`,
  );
}

/** RFC 5322's date-time, in UTC. */
export const mailDate = (wall: WallTime): string => new Date(wall).toUTCString().replace(/GMT$/, "+0000");

const clean = (text: string): string => text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
