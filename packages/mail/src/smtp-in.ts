/**
 * Mail in, on two ports: `mx`, for anybody with mail for a hosted domain, and `submission`, for users who sign in. A
 * recipient is admitted within a bounded patience; a message is answered 250 only when the spool has it on the disk.
 * Every other answer is a value with its code: temporary and permanent never come from one place.
 * Invariants: no 5xx is made of something unavailable; sessions, recipients, bytes and times are bounded; an error nobody
 * foresaw is a 451.
 */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { SMTPServerAddress, SMTPServerOptions, SMTPServerSession } from "smtp-server";
import type { Clock, MessageId } from "@cordon/model";
import type { Listen, Log } from "@cordon/runtime";
import { reply, type Admission, type Patience, type Reply } from "./admission.ts";
import type { MailConfig } from "./config.ts";
import { headerIdOf } from "./headers.ts";
import { receive, type Receiving } from "./receive.ts";
import type { SignIn } from "./sign-in.ts";
import { asError, Server } from "./smtp-server.ts";
import type { Destination, NewMessage, Spool, Unit } from "./spool.ts";

export interface SmtpIn {
  /** host:port of each. */
  readonly ports: { readonly mx: string; readonly submission: string };
  /** Ends every session with 421. */
  close(): Promise<void>;
}

export interface SmtpInOptions {
  readonly config: Pick<MailConfig, "mx" | "submission" | "hostname" | "tls" | "smtp">;
  readonly admission: Admission;
  readonly signIn: SignIn;
  readonly spool: Pick<Spool, "accept">;
  /** Hands the units of an accepted message to their lanes. */
  readonly accepted: (units: readonly Unit[]) => void;
  readonly nextId: () => MessageId;
  readonly clock: Clock;
  readonly log: Log;
}

const unforeseen = reply(451, "4.3.0", "A fault of ours, try later");
const spoolFull = reply(452, "4.3.1", "The spool is full, try later");
const needsUtf8 = reply(553, "5.6.7", "Such an address needs SMTPUTF8");
/** What a session that has not ended by itself gets before its socket is cut. */
const closeMs = 500;

/** A transaction in hand: what is left of its patience, and where its recipients live. */
interface Transaction {
  readonly patience: Patience;
  readonly destinations: Map<string, Destination>;
}

export async function startSmtpIn(options: SmtpInOptions): Promise<SmtpIn> {
  const receiving: Receiving = { bytes: 0 };
  const mx = createServer(options, false, receiving);
  const submission = createServer(options, true, receiving);
  return {
    ports: {
      mx: await listen(mx, options.config.mx),
      submission: await listen(submission, options.config.submission),
    },
    close: async () => {
      await Promise.all([mx, submission].map(shut));
    },
  };
}

function createServer(options: SmtpInOptions, withSignIn: boolean, receiving: Receiving): Server {
  const { admission, signIn, log } = options;
  const bounds = options.config.smtp;
  const transactions = new WeakMap<SMTPServerSession, Transaction>();

  const begin = (sender: SMTPServerAddress, session: SMTPServerSession): Reply | undefined => {
    if (needsSmtpUtf8(sender.address, session)) return needsUtf8;
    transactions.set(session, { patience: { leftMs: bounds.patienceMs }, destinations: new Map() });
    return undefined;
  };

  const recipient = async (to: SMTPServerAddress, session: SMTPServerSession): Promise<Reply | undefined> => {
    const transaction = transactions.get(session);
    if (transaction === undefined) return unforeseen;
    if (needsSmtpUtf8(to.address, session)) return needsUtf8;
    const admitted = await admission.recipient(to.address, transaction.patience);
    if (admitted.kind === "reply") return admitted;
    const { address, partition } = admitted;
    transaction.destinations.set(address.canonical, { address: address.canonical, partition });
    return undefined;
  };

  const take = async (body: Buffer, session: SMTPServerSession): Promise<{ kind: "queued"; as: string } | Reply> => {
    const destinations = [...(transactions.get(session)?.destinations.values() ?? [])];
    if (destinations.length === 0) return unforeseen;
    const message = newMessage(options, body, session, destinations);
    const stored = await options.spool.accept(message);
    if (stored.kind === "full") return spoolFull;
    if (stored.kind === "unavailable") {
      log.error({ detail: stored.detail }, "the spool could not store a message");
      return spoolFull;
    }
    options.accepted(stored.value);
    return { kind: "queued", as: message.envelope.message };
  };

  const server: Server = new Server({
    ...serverOptions(options, withSignIn),
    onAuth: ({ username = "", password }, _session, done) => {
      const work = async (): Promise<void> => {
        const answer = await settled(signIn.ask(username, password ?? ""), log);
        if (answer.kind === "reply") done(asError(answer));
        else done(null, { user: username });
      };
      void work();
    },
    onMailFrom: (sender, session, done) => {
      const refusal = begin(sender, session);
      done(refusal === undefined ? null : asError(refusal));
    },
    onRcptTo: (to, session, done) => {
      const work = async (): Promise<void> => {
        const refusal = await settled(recipient(to, session), log);
        done(refusal === undefined ? null : asError(refusal));
      };
      void work();
    },
    onData: (stream, session, done) => {
      const tooSlow = (): void => server.end(session, "4.4.2", "The message took too long");
      const work = async (): Promise<void> => {
        const received = await receive(stream, bounds, receiving, tooSlow);
        if (received.kind === "gone") return;
        const answer = received.kind === "reply" ? received : await settled(take(received.body, session), log);
        if (answer.kind === "reply") done(asError(answer));
        else done(null, `queued as ${answer.as}`);
      };
      void work();
    },
  });
  server.on("error", (error) => log.debug({ err: error }, "an SMTP session broke"));
  return server;
}

function serverOptions({ config }: SmtpInOptions, withSignIn: boolean): SMTPServerOptions {
  const { tls, smtp } = config;
  const off = ["XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"];
  return {
    name: config.hostname,
    logger: false,
    size: smtp.messageBytes,
    rejectOversized: true,
    maxClients: smtp.sessions,
    maxRecipients: smtp.recipients,
    socketTimeout: smtp.idleMs,
    closeTimeout: closeMs,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    hideDSN: true,
    hideREQUIRETLS: true,
    authMethods: ["PLAIN", "LOGIN"],
    allowInsecureAuth: tls === null,
    disabledCommands: [...off, ...(withSignIn ? [] : ["AUTH"]), ...(tls === null ? ["STARTTLS"] : [])],
    ...(tls !== null && { key: readFileSync(tls.keyFile), cert: readFileSync(tls.certificateFile) }),
  };
}

function newMessage(
  { nextId, clock }: SmtpInOptions,
  body: Buffer,
  session: SMTPServerSession,
  destinations: readonly Destination[],
): NewMessage {
  const { mailFrom } = session.envelope;
  const user: unknown = session.user;
  const trace = {
    helo: session.hostNameAppearsAs,
    client: session.remoteAddress,
    protocol: session.transmissionType,
    user: typeof user === "string" ? user : null,
  };
  const envelope = {
    message: nextId(),
    origin: "client",
    sender: mailFrom === false ? "" : mailFrom.address,
    headerId: headerIdOf(body),
    acceptedWall: clock.wall(),
    acceptedAt: clock.now(),
    bytes: body.length,
    trace,
  } as const;
  return { envelope, body, destinations };
}

/** RFC 6531: an address that is not ASCII is for transactions that said SMTPUTF8. */
const needsSmtpUtf8 = (address: string, session: SMTPServerSession): boolean =>
  session.envelope.smtpUtf8 !== true && /[^\x00-\x7f]/.test(address.slice(0, address.lastIndexOf("@")));

/** An answer in any case: what rejects is a fault of ours, and temporary. */
const settled = async <T>(work: Promise<T>, log: Log): Promise<T | Reply> => {
  try {
    return await work;
  } catch (error) {
    log.error({ err: error }, "an SMTP command failed");
    return unforeseen;
  }
};

async function listen(server: Server, at: Listen): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.server.once("error", reject);
    server.listen(at.port, at.host, () => {
      server.server.off("error", reject);
      resolve();
    });
  });
  const { address, family, port } = server.server.address() as AddressInfo;
  return `${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });
