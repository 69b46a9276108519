/**
 * One mail as a client sends it: an SMTP session of its own, HELO to QUIT. What matters is the moment after which the
 * client cannot know: once a byte of the message may have left and no answer came, the mail is `unknown` and must never
 * be sent again; before that moment a broken session is a refusal.
 */
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Seen } from "./pace.ts";

/** A mail is never degraded. */
export interface MailSeen extends Seen {
  readonly outcome: "ok" | "refused" | "unknown";
}

export interface OutgoingMail {
  readonly from: string;
  readonly to: string;
  /** The whole message, header and body, with CRLF line ends. */
  readonly message: string;
}

/** Sends one mail to `host:port`; every step of the session has `patienceMs`. */
export function sendMail(
  at: { host: string; port: number },
  mail: OutgoingMail,
  patienceMs: number,
): Promise<MailSeen> {
  return new Promise((resolve) => {
    const connection = new SMTPConnection({
      ...at,
      name: "workload.example",
      ignoreTLS: true,
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
    });
    let begun = false;
    const patience = setTimeout(() => end({ outcome: begun ? "unknown" : "refused", code: "timeout" }), patienceMs);
    const end = (seen: MailSeen): void => {
      clearTimeout(patience);
      // First: closing says `end` once more, and that is no news.
      resolve(seen);
      connection.close();
    };
    const fail = (error: Error & { responseCode?: number | undefined; code?: string | undefined }): void => {
      // A reply is a definite no. Without one, what happened depends on whether the message had begun to leave.
      if (error.responseCode !== undefined) return end({ outcome: "refused", code: String(error.responseCode) });
      end({ outcome: begun ? "unknown" : "refused", code: error.code ?? error.name });
    };
    connection.on("error", fail);
    connection.on("end", () => end({ outcome: begun ? "unknown" : "refused", code: "closed" }));
    connection.connect(() => {
      const body = new Readable({
        read() {
          // Asked for only after the server's 354: from here on the mail may arrive.
          begun = true;
          this.push(mail.message);
          this.push(null);
        },
      });
      connection.send({ from: mail.from, to: [mail.to] }, body, (error) => {
        if (error) return fail(error);
        clearTimeout(patience);
        connection.quit();
        resolve({ outcome: "ok", code: "250" });
      });
    });
  });
}

/** A message of about 2 KiB whose Message-ID is `headerId`. */
export function composeMail(headerId: string, from: string, to: string): string {
  const line = "One line of a workload: this line is here to give the message an ordinary size.\r\n";
  return [
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: workload ${headerId}`,
    `Message-ID: ${headerId}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    line.repeat(24),
  ].join("\r\n");
}
