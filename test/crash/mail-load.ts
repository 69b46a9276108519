/**
 * Mail for the crash test: senders that each send one message after the other over real SMTP, to one to three users of
 * any partitions, some by their alias, and write down what they were told. A broken session is opened anew; a message
 * that was sent is never sent again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { LabUser } from "@cordon/lab";
import { coin } from "@cordon/model";
import { openSession, type MailOutcome, type SmtpSession } from "../support/smtp.ts";

/** One message, and what its sender was told of it. */
export interface MailAttempt {
  readonly headerId: string;
  readonly outcome: MailOutcome["outcome"];
  /** The mailboxes it must be in when it is `ok`: those whose recipient was accepted. */
  readonly mailboxes: readonly string[];
  /** The reply, for people. */
  readonly reply: string;
}

export interface MailLoadOptions {
  /** host:port of SMTP. */
  readonly mx: string;
  readonly users: readonly LabUser[];
  readonly seed: string;
  readonly senders: number;
  /** A sender waits up to this between two messages. */
  readonly pauseMs: number;
  readonly patienceMs: number;
}

const sender = "sender@elsewhere.example";
const aliasShare = 0.2;
const mostRecipients = 3;
const againMs = 50;
const bodyLines = 12;

/** Sends until `ending` is aborted, then answers every attempt. */
export async function sendMail(options: MailLoadOptions, ending: AbortSignal): Promise<readonly MailAttempt[]> {
  const attempts = await Promise.all(
    Array.from({ length: options.senders }, (_, ordinal) => sendInTurn(options, ordinal, ending)),
  );
  return attempts.flat();
}

async function sendInTurn(options: MailLoadOptions, ordinal: number, ending: AbortSignal): Promise<MailAttempt[]> {
  const attempts: MailAttempt[] = [];
  let session: SmtpSession | undefined;
  for (let number = 0; !ending.aborted; number++) {
    if (session?.open !== true) session = await openSession(options.mx, options.patienceMs);
    if (session === undefined) await delay(againMs);
    else attempts.push(await sendOne(session, options, `${ordinal}-${number}`));
    await delay(options.pauseMs * coin(options.seed, "pause", ordinal, number));
  }
  session?.[Symbol.dispose]();
  return attempts;
}

async function sendOne(session: SmtpSession, { users, seed }: MailLoadOptions, id: string): Promise<MailAttempt> {
  const headerId = `<${id}@crash.example>`;
  const recipients = recipientsOf(users, seed, id);
  const text = messageOf(headerId, [...recipients.keys()]);
  const end = await session.send({ from: sender, to: [...recipients.keys()], text });
  const accepted = end.outcome === "refused" ? [...recipients.keys()] : end.accepted;
  return {
    headerId,
    outcome: end.outcome,
    mailboxes: accepted.map((recipient) => recipients.get(recipient) ?? recipient),
    reply: end.outcome === "refused" ? end.reply : end.outcome,
  };
}

/** Recipient -> its mailbox. No mailbox twice. */
function recipientsOf(users: readonly LabUser[], seed: string, id: string): ReadonlyMap<string, string> {
  const count = 1 + Math.floor(coin(seed, id, "count") * mostRecipients);
  const chosen = new Set(
    Array.from({ length: count }, (_, nth) => users[Math.floor(coin(seed, id, "user", nth) * users.length)]),
  );
  return new Map(
    [...chosen]
      .filter((user) => user !== undefined)
      .map(({ address, alias }) => [coin(seed, id, address) < aliasShare ? alias : address, address]),
  );
}

const messageOf = (headerId: string, to: readonly string[]): string =>
  [
    `From: <${sender}>`,
    `To: ${to.map((one) => `<${one}>`).join(", ")}`,
    `Subject: a message that must not be lost`,
    `Message-ID: ${headerId}`,
    "",
    "This line gives the message an ordinary size and is of no other use to anybody.\r\n".repeat(bodyLines),
  ].join("\r\n");
