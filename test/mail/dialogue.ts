/**
 * The client's end of an SMTP session, byte by byte: what is sent goes out as it is, and what comes back is read reply by
 * reply. It knows nothing of SMTP beyond where a reply ends, so that a test can say what no client library would.
 */
import { connect } from "node:net";

export interface Dialogue extends Disposable {
  /** Sends the bytes as they are. */
  send(bytes: string | Buffer): void;
  /** The next whole reply, lines joined by `\n`; `closed` when the server has closed. Rejects when it says nothing. */
  reply(): Promise<string>;
  /** Sends a line and reads its reply. */
  say(line: string): Promise<string>;
  /** The last reply before the server closed. */
  lastWord(): Promise<string>;
}

const patienceMs = 30_000;

/** Opens a connection to `host:port`. The greeting is the first reply. */
export function dial(at: string): Dialogue {
  const [host = "", port = ""] = at.split(":");
  const socket = connect(Number(port), host);
  const replies: string[] = [];
  let lines: string[] = [];
  let rest = "";
  let wake = (): void => {};
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    const parts = (rest + text).split("\r\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      if (line[3] === "-") continue;
      replies.push(lines.join("\n"));
      lines = [];
    }
    wake();
  });
  // A reset is one way of closing; what was heard before it counts.
  socket.on("error", () => {});
  socket.on("close", () => wake());

  const reply = async (): Promise<string> => {
    const end = performance.now() + patienceMs;
    while (replies.length === 0 && !socket.closed) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`the server said nothing for ${patienceMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return replies.shift() ?? "closed";
  };
  return {
    send: (bytes) => void socket.write(bytes),
    reply,
    say(line) {
      socket.write(`${line}\r\n`);
      return reply();
    },
    async lastWord() {
      let last = "";
      for (let heard = await reply(); heard !== "closed"; heard = await reply()) last = heard;
      return last;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Opens a session and says EHLO. */
export async function session(at: string): Promise<Dialogue> {
  const opened = dial(at);
  await opened.reply();
  await opened.say("EHLO client.example");
  return opened;
}
