/**
 * A mail client that knows what it may believe: a message whose last byte has left and which got no answer is `unknown`
 * and is never sent again. One session at a time, several messages in it, no retries.
 */
import { connect, type Socket } from "node:net";

export interface OutgoingMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, CRLF line ends, no line that begins with a dot. */
  readonly text: string;
}

export type MailOutcome =
  /** 250 to DATA: the server has it. `queuedAs`: the server's name for it. */
  | { readonly outcome: "ok"; readonly queuedAs: string; readonly accepted: readonly string[] }
  /** A definite no, or the session ended before the message was sent. */
  | { readonly outcome: "refused"; readonly reply: string }
  | { readonly outcome: "unknown"; readonly accepted: readonly string[] };

export interface SmtpSession extends Disposable {
  /** Whether another message can be sent in it. */
  readonly open: boolean;
  send(mail: OutgoingMail): Promise<MailOutcome>;
}

/** What a session says when it has ended, in place of a reply. */
const ended = "the session ended";

/** Opens a session at `host:port`; undefined when nobody greets. Each reply has `patienceMs`. */
export async function openSession(at: string, patienceMs: number): Promise<SmtpSession | undefined> {
  const [host = "", port = ""] = at.split(":");
  const socket = connect(Number(port), host);
  const replies = repliesOf(socket, patienceMs);
  const say = (line: string): Promise<string> => {
    socket.write(`${line}\r\n`);
    return replies();
  };
  if (!(await replies()).startsWith("220") || !(await say("EHLO load.example")).startsWith("250")) {
    socket.destroy();
    return undefined;
  }
  return {
    get open() {
      return !socket.destroyed && socket.writable;
    },
    async send({ from, to, text }) {
      const begun = await say(`MAIL FROM:<${from}>`);
      if (!begun.startsWith("250")) return { outcome: "refused", reply: begun };
      const accepted: string[] = [];
      let last = begun;
      for (const recipient of to) {
        last = await say(`RCPT TO:<${recipient}>`);
        if (last.startsWith("250")) accepted.push(recipient);
      }
      if (accepted.length > 0) last = await say("DATA");
      if (!last.startsWith("354")) {
        await say("RSET");
        return { outcome: "refused", reply: last };
      }
      const reply = await say(`${text}\r\n.`);
      if (reply === ended) return { outcome: "unknown", accepted };
      const queuedAs = /^250 .*queued as (\S+)$/.exec(reply)?.[1];
      return queuedAs === undefined ? { outcome: "refused", reply } : { outcome: "ok", queuedAs, accepted };
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Reads whole replies, one a call; a session that ends or says nothing for `patienceMs` is ended. */
function repliesOf(socket: Socket, patienceMs: number): () => Promise<string> {
  const whole: string[] = [];
  let rest = "";
  let wake = (): void => {};
  socket.setEncoding("latin1");
  socket.on("error", () => {});
  socket.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop() ?? "";
    // The lines of one reply but the last have a hyphen after the code.
    whole.push(...lines.filter((line) => line[3] !== "-"));
    wake();
  });
  socket.on("close", () => wake());
  return async () => {
    const patience = setTimeout(() => socket.destroy(), patienceMs);
    while (whole.length === 0 && !socket.destroyed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    clearTimeout(patience);
    return whole.shift() ?? ended;
  };
}
