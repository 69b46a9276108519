/**
 * How each row of the table in docs/mail.md is played over a raw socket: a play does what the row's input says, on a stage
 * of its own, and answers the reply it got for that. Which reply that has to be, and what then becomes of the message,
 * stands in the table and nowhere here.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { dial, session, type Dialogue } from "./dialogue.ts";
import type { Ground, Mail, MailChange } from "./ground.ts";

/** What a play has at hand. */
export interface Stage {
  readonly ground: Ground;
  /** The Message-ID of the message this play sends. */
  readonly id: string;
  /** The service the play is about, for whoever asks what became of the message. */
  mail: Mail;
  /** A service of this play's own, which `mail` is from now on. */
  own(change: MailChange): Promise<Mail>;
  /** Makes p2 silent until the stage is asked to let it speak. */
  silence(): Promise<void>;
  /** Disposed at the end of the play. */
  keep<T extends Disposable>(resource: T): T;
}

export type Play = (stage: Stage) => Promise<string>;

export const from = "MAIL FROM:<someone@elsewhere.example>";
export const known = "user1@tenant1.example";
export const ofSilent = "user1@tenant3.example";
export const disabled = "user2@tenant1.example";
const to = (address: string): string => `RCPT TO:<${address}>`;
const auth = (user: string, password: string): string =>
  `AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString("base64")}`;

const mx = async (stage: Stage): Promise<Dialogue> => stage.keep(await session(stage.mail.mx));
const submission = async (stage: Stage): Promise<Dialogue> => stage.keep(await session(stage.mail.submission));

/** Says one line after another; the reply to the last. */
const say =
  (...lines: readonly string[]): Play =>
  async (stage) => {
    const opened = await mx(stage);
    let heard = "";
    for (const line of lines) heard = await opened.say(line);
    return heard;
  };

/** Header and body of the play's message, as they go over the wire; `body` has CR LF at its end. */
const message = (stage: Stage, body: string): string => `Message-ID: ${stage.id}\r\nSubject: a row\r\n\r\n${body}`;

/** Sends the play's message to `recipient`; the replies to RCPT and to the final dot. */
async function deliver(opened: Dialogue, recipient: string, wire: string): Promise<readonly [string, string]> {
  await opened.say(from);
  const admitted = await opened.say(to(recipient));
  await opened.say("DATA");
  return [admitted, await opened.say(`${wire}.`)];
}

/** The reply to the final dot of a message with this body. */
const send =
  (body: string): Play =>
  async (stage) => {
    const [, last] = await deliver(await mx(stage), known, message(stage, body));
    return last;
  };

/** As `send`, at a service of its own. */
const sendAt =
  (change: MailChange, body: string): Play =>
  async (stage) => {
    await stage.own(change);
    return send(body)(stage);
  };

const idleConnections = 1_000;
const kilobyte = 1_000;

const fullDisk = "... with a disk that takes no more";

/** Inputs that take prlimit, which only Linux has. */
export const needPrlimit: ReadonlySet<string> = new Set([fullDisk]);

export const plays: Readonly<Record<string, Play>> = {
  connection: async (stage) => stage.keep(dial(stage.mail.mx)).reply(),
  "connection past `smtp.sessions`": async (stage) => {
    const { mx: at } = await stage.own({ smtp: { sessions: 2 } });
    for (let n = 0; n < 2; n++) await stage.keep(dial(at)).reply();
    return stage.keep(dial(at)).lastWord();
  },
  "1,000 connections that then say nothing": async (stage) => {
    const { mx: at } = await stage.own({ smtp: { sessions: idleConnections + 1 } });
    const greeted = await Promise.all(Array.from({ length: idleConnections }, () => stage.keep(dial(at)).reply()));
    const [first = "", ...others] = new Set(greeted);
    return others.length === 0 ? first : others.join();
  },
  "bytes before the greeting": async (stage) => {
    const opened = stage.keep(dial(stage.mail.mx));
    opened.send("EHLO early.example\r\n");
    return opened.lastWord();
  },
  "an HTTP request": async (stage) => {
    const opened = await mx(stage);
    opened.send("GET / HTTP/1.1\r\nHost: mail\r\n\r\n");
    return opened.lastWord();
  },
  "silence for `smtp.idleMs`": async (stage) => {
    await stage.own({ times: { idleMs: 300 } });
    return (await mx(stage)).lastWord();
  },
  "a command line of 100 KB": async (stage) => {
    const opened = await mx(stage);
    opened.send(`NOOP ${"x".repeat(100 * kilobyte)}\r\n`);
    return opened.lastWord();
  },
  "a line that ends in a lone LF, or has a CR inside": async (stage) => {
    const opened = await mx(stage);
    // In a pipeline with what would do harm, were it read; and a CR inside.
    opened.send(`NOOP\r\n${from}\n${to(known)}\r\nNO\rOP\r\nNOOP\r\n`);
    const heard = [];
    for (let n = 0; n < 5; n++) heard.push(await opened.reply());
    const [first = "", broken = "", outOfOrder = "", inside = "", last = ""] = heard;
    if (first !== last || !outOfOrder.startsWith("503 ") || inside !== broken) return heard.join();
    return broken;
  },
  "the third such line of a session": async (stage) => {
    const opened = await mx(stage);
    opened.send("NOOP\nNOOP\nNOOP\nNOOP\n");
    return opened.lastWord();
  },
  "an unknown command": say("FROB"),
  "the tenth unknown command of a session": async (stage) => {
    const opened = await mx(stage);
    for (let n = 0; n < 9; n++) await opened.say("FROB");
    return opened.say("FROB");
  },
  "a thousand lines of garbage in a pipeline": async (stage) => {
    const opened = await mx(stage);
    opened.send(Buffer.concat(Array.from({ length: 1_000 }, (_, n) => Buffer.from([n & 0x7f, 0, 0xff, 0xfe, 13, 10]))));
    return opened.lastWord();
  },
  "AUTH on `mx`": say("AUTH PLAIN AA=="),
  "STARTTLS without a key": say("STARTTLS"),
  "a command out of order": say(to(known)),
  "`submission`: MAIL, RCPT or DATA before AUTH": async (stage) => (await submission(stage)).say(from),
  "`submission`: the tenth command before AUTH": async (stage) => {
    const opened = await submission(stage);
    for (let n = 0; n < 8; n++) await opened.say("NOOP");
    return opened.say("NOOP");
  },
  "AUTH, right": async (stage) => {
    const [user = { address: "", password: "" }] = stage.ground.users.p1;
    const opened = await submission(stage);
    const heard = await opened.say(auth(user.address, user.password));
    await deliver(opened, known, message(stage, "x\r\n"));
    return heard;
  },
  "AUTH, auth says 401 or 400": async (stage) => (await submission(stage)).say(auth(known, "not the password")),
  "AUTH, auth says anything else or nothing": async (stage) => {
    await stage.silence();
    const user = stage.ground.users.p2.at(-1) ?? { address: "", password: "" };
    return (await submission(stage)).say(auth(user.address, user.password));
  },
  "AUTH with another mechanism": async (stage) => (await submission(stage)).say("AUTH CRAM-MD5"),
  "MAIL, the null sender too": say("MAIL FROM:<>"),
  "MAIL with a sender that is no address": say("MAIL FROM:<a b>"),
  "MAIL with a SIZE past `smtp.messageBytes`": say("MAIL FROM:<a@b.example> SIZE=10485761"),
  "MAIL or RCPT, not ASCII, without SMTPUTF8": say(from, to("ünï@tenant1.example")),
  "RCPT, the directory knows it": async (stage) => {
    const [admitted] = await deliver(await mx(stage), known, message(stage, "x\r\n"));
    return admitted;
  },
  "RCPT, **no answer**, busy or isolated": async (stage) => {
    await stage.own({});
    await stage.silence();
    const [admitted] = await deliver(await mx(stage), ofSilent, message(stage, "x\r\n"));
    return admitted;
  },
  "RCPT to `postmaster`": async (stage) => {
    const [admitted] = await deliver(await mx(stage), "postmaster", message(stage, "x\r\n"));
    return admitted;
  },
  "RCPT, a definite unknown": say(from, to("nobody@tenant1.example")),
  "RCPT, disabled": say(from, to(disabled)),
  "RCPT, another's domain": say(from, to("someone@elsewhere.example")),
  "RCPT, no address": say(from, to("@")),
  "RCPT, an address no mailbox here could have": say(from, to("a(b@tenant1.example")),
  "RCPT, the lane holds `lanes.maxQueued`": async (stage) => {
    await stage.own({ maxQueued: 1 });
    await stage.silence();
    const opened = await mx(stage);
    await deliver(opened, ofSilent, "Subject: parked\r\n\r\n");
    await opened.say(from);
    return opened.say(to(ofSilent));
  },
  "RCPT before any partition map was seen": async (stage) => {
    // Nobody listens at port 1.
    await stage.own({ controlUrl: "http://127.0.0.1:1" });
    return say(from, to(known))(stage);
  },
  "RCPT past `smtp.recipients`": async (stage) => {
    await stage.own({ smtp: { recipients: 1 } });
    return say(from, to(known), to("user3@tenant1.example"))(stage);
  },
  DATA: say(from, to(known), "DATA"),
  "the final dot, **on the disk**": send("one line\r\n"),
  "... of a message with dots at the beginnings of lines": send("..\r\n...two\r\n..three\r\n"),
  "... of 4 MiB of such dots": send("..\r\n".repeat(1_048_576)),
  "... of a message with a line of 100 KB": send(`${"x".repeat(100 * kilobyte)}\r\n`),
  "... with a lone CR": send("a\rb\r\n"),
  "... with a lone LF": send("a\nb\r\n"),
  "... with `LF . CR LF` before its end": send(`a\n.\r\n${from}\r\n`),
  "... past `smtp.messageBytes`": sendAt({ smtp: { messageBytes: 20 * kilobyte } }, "x\r\n".repeat(10 * kilobyte)),
  "... past `smtp.receivingBytes`, over all sessions": sendAt(
    { smtp: { receivingBytes: 20 * kilobyte } },
    "x\r\n".repeat(10 * kilobyte),
  ),
  "... past `spool.bodyBytes`, over all that is held": sendAt(
    { bodyBytes: 20 * kilobyte },
    "x\r\n".repeat(10 * kilobyte),
  ),
  [fullDisk]: async (stage) => {
    const { pid, dataDir } = await stage.own({});
    const { size } = statSync(join(dataDir, "spool", "data.mdb"));
    // As long as the spool is now; what is longer is refused as a full disk would.
    execFileSync("prlimit", ["--pid", String(pid), `--fsize=${size}:unlimited`]);
    return send(
      "x"
        .repeat(78)
        .concat("\r\n")
        .repeat(40 * kilobyte),
    )(stage);
  },
  "DATA that takes longer than `smtp.dataMs`, byte by byte": async (stage) => {
    await stage.own({ times: { dataMs: 500 } });
    const opened = await mx(stage);
    await opened.say(from);
    await opened.say(to(known));
    await opened.say("DATA");
    const trickle = setInterval(() => opened.send("x"), 20);
    const heard = await opened.lastWord();
    clearInterval(trickle);
    return heard;
  },
};
