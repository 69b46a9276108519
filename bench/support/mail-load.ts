/**
 * Mail as a closed loop: so many sessions for so long, each sending one message after another over its connection as soon
 * as the last one was answered. Messages go out in the order of the recipients given. What is not answered with 250 ends
 * the bench: a mail server under measurement has no reason to refuse.
 */
import SMTPConnection from "nodemailer/lib/smtp-connection";

export interface MailLoad {
  readonly host: string;
  readonly port: number;
  readonly sessions: number;
  readonly seconds: number;
  readonly recipients: readonly string[];
  /** Bytes of a message, header included. */
  readonly bytes: number;
}

export interface MailLoadSeen {
  readonly accepted: number;
  readonly perSecond: number;
  /** From MAIL to 250, milliseconds, sorted. */
  readonly tookMs: readonly number[];
}

const sender = "bench@sender.example";
/** A server that takes longer to answer anything hangs. */
const patienceMs = 10_000;

export async function mailLoad(options: MailLoad): Promise<MailLoadSeen> {
  const { sessions, seconds, recipients } = options;
  const startedAt = performance.now();
  const tookMs: number[] = [];
  let next = 0;
  const session = async (): Promise<void> => {
    const connection = await connect(options);
    try {
      while (performance.now() - startedAt < seconds * 1_000) {
        const nth = next++;
        const to = recipients[nth % recipients.length] ?? "";
        const begunAt = performance.now();
        await send(connection, to, messageOf(`<${process.pid}.${startedAt}.${nth}@sender.example>`, to, options.bytes));
        tookMs.push(performance.now() - begunAt);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: sessions }, session));
  const elapsedMs = performance.now() - startedAt;
  return {
    accepted: tookMs.length,
    perSecond: (tookMs.length * 1_000) / elapsedMs,
    tookMs: tookMs.toSorted((one, other) => one - other),
  };
}

const connect = ({ host, port }: MailLoad): Promise<SMTPConnection> =>
  new Promise((resolve, reject) => {
    const connection = new SMTPConnection({
      host,
      port,
      name: "bench.example",
      ignoreTLS: true,
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
    });
    connection.on("error", reject);
    connection.connect(() => resolve(connection));
  });

const send = (connection: SMTPConnection, to: string, message: string): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.on("error", reject);
    connection.send({ from: sender, to: [to] }, message, (error) => {
      connection.removeListener("error", reject);
      if (error) reject(error);
      else resolve();
    });
  });

function messageOf(headerId: string, to: string, bytes: number): string {
  const head = `From: <${sender}>\r\nTo: <${to}>\r\nSubject: bench\r\nMessage-ID: ${headerId}\r\n\r\n`;
  const line = "An ordinary line of an ordinary message, of an ordinary length.\r\n";
  return head + line.repeat(Math.ceil((bytes - head.length) / line.length));
}
