/**
 * The notice that tells a sender that its mail could not be delivered, and why: a delivery status notification (RFC 3464)
 * in a multipart/report (RFC 6522), with the message's headers and without its body. It enters the spool like any mail.
 * Invariants: it is sent from the null sender, so that no bounce is ever bounced; to a sender that is empty, or whose
 * domain is not hosted here, there is none; time that ran out is never called an unknown recipient.
 */
import type { Clock, MessageId } from "@cordon/model";
import type { PartitionClient } from "@cordon/partition-client";
import { readAddress } from "@cordon/runtime";
import { headerBlock, mailDate } from "./headers.ts";
import type { Envelope, NewMessage, Unit } from "./spool.ts";

/** Bytes of the original's headers that a bounce hands back. */
const quotedHeaderBytes = 16_384;

export interface Refusal {
  /** RFC 3463, class 5. */
  readonly enhanced: string;
  readonly text: string;
}

export const expired: Refusal = { enhanced: "5.4.7", text: "It could not be delivered before its time ran out" };

export interface BounceMaker {
  /** The notice of a unit's refusal, or null when there is nobody to tell. */
  notice(
    stored: { readonly envelope: Envelope; readonly body: Buffer },
    unit: Unit,
    refusal: Refusal,
  ): NewMessage | null;
}

export function createBounceMaker(about: {
  readonly hostname: string;
  readonly postmaster: string;
  readonly nextId: () => MessageId;
  readonly locate: PartitionClient["locate"];
  readonly clock: Clock;
}): BounceMaker {
  return {
    notice({ envelope, body }, unit, refusal) {
      const sender = readAddress(envelope.sender);
      const place = sender === undefined ? undefined : about.locate(sender.domain);
      if (sender === undefined || place?.hosted !== true) return null;
      const message = about.nextId();
      const headerId = `<${message}@${about.hostname}>`;
      const text = composeBounce({ ...about, message, headerId, envelope, unit, refusal, body });
      return {
        envelope: {
          message,
          origin: "system",
          sender: "",
          headerId,
          acceptedWall: about.clock.wall(),
          acceptedAt: about.clock.now(),
          bytes: text.length,
          trace: null,
        },
        body: text,
        destinations: [{ address: sender.canonical, partition: place.partition }],
      };
    },
  };
}

function composeBounce(of: {
  readonly hostname: string;
  readonly postmaster: string;
  readonly message: MessageId;
  readonly headerId: string;
  readonly envelope: Envelope;
  readonly unit: Unit;
  readonly refusal: Refusal;
  readonly body: Buffer;
  readonly clock: Clock;
}): Buffer {
  const original = of.unit.path[0] ?? of.unit.address;
  const boundary = `=_${of.message}`;
  const lines = [
    `From: Mail Delivery System <${of.postmaster}>`,
    `To: <${of.envelope.sender}>`,
    "Subject: Your mail could not be delivered",
    `Date: ${mailDate(of.clock.wall())}`,
    `Message-ID: ${of.headerId}`,
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    `Your mail to <${original}> could not be delivered.`,
    "",
    `${of.refusal.text} (${of.refusal.enhanced}).`,
    "It will not be tried again. Its headers follow.",
    "",
    `--${boundary}`,
    "Content-Type: message/delivery-status",
    "",
    `Reporting-MTA: dns; ${of.hostname}`,
    `X-Cordon-Message: ${of.envelope.message}`,
    `Arrival-Date: ${mailDate(of.envelope.acceptedWall)}`,
    "",
    `Original-Recipient: ${typed(original)}`,
    `Final-Recipient: ${typed(of.unit.address)}`,
    "Action: failed",
    `Status: ${of.refusal.enhanced}`,
    `Diagnostic-Code: x-cordon; ${of.refusal.text}`,
    "",
    `--${boundary}`,
    "Content-Type: text/rfc822-headers; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    "",
  ];
  const quoted = headerBlock(of.body).subarray(0, quotedHeaderBytes);
  return Buffer.concat([Buffer.from(lines.join("\r\n")), quoted, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** An address with its type: RFC 3464, and RFC 6533 for one that is not ASCII. */
const typed = (address: string): string => `${/[^\x00-\x7f]/.test(address) ? "utf-8" : "rfc822"}; ${address}`;
