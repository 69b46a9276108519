/**
 * The library's SMTP server with what it lacks for us: a reply that brings an enhanced status code of its own keeps it
 * (the library knows one code for each reply code: every 550 would be 5.1.1), a session can be ended from outside, which is
 * how a DATA that takes too long is, and a command is read by the rule (smtp-parser.ts). The library's seams are its
 * classes, so this file extends them.
 * Invariant: only texts of ours begin with an enhanced code; nothing a client sent is ever the beginning of a reply.
 */
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection";
import type { Reply } from "./admission.ts";
import { Parser } from "./smtp-parser.ts";

/** Of a command, bytes without its CR LF; one that carries a token in AUTH fits. */
const commandBytes = 16_384;
/** Lines in a session that do not end as a command does; with this one it ends. */
const brokenLines = 3;

const ownCode = /^[245]\.\d{1,3}\.\d{1,3} /;

class Connection extends SMTPConnection {
  #broken = 0;

  override _createParser(): Parser {
    const parser = new Parser({
      maxCommandLength: commandBytes,
      command: (line, next) => this._onCommand(line, next),
      broken: (line, next) => this.#refuse(line, next),
    });
    parser.on("error", (error) => this.send(421, `Error: ${error.message}`));
    return parser;
  }

  #refuse(line: Buffer, next: () => void): void {
    // Not yet greeted, or on the way to TLS: the library has a word for whatever is said then.
    if (!this._ready || this._upgrading) return this._onCommand(line, next);
    this._nextHandler = false;
    this.#broken += 1;
    if (this.#broken >= brokenLines) return this.send(421, "4.7.0 Too many lines do not end with CR LF");
    this.send(500, "5.5.2 A command ends with CR LF, and has neither inside");
    this._whenWritable(next);
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const brings = typeof data === "string" && ownCode.test(data);
    super.send(code, data, brings ? false : context);
  }
}

export class Server extends SMTPServer {
  readonly #connections = new WeakMap<SMTPServerSession, Connection>();

  override connect(socket: Socket, options?: ConstructorParameters<typeof SMTPConnection>[2]): void {
    const connection = new Connection(this, socket, options);
    this.connections.add(connection);
    this.#connections.set(connection.session, connection);
    connection.on("error", (error: Error) => this._onError(error));
    connection.init();
  }

  /** Says 421 and closes the session, whatever it is doing. */
  end(session: SMTPServerSession, enhanced: string, text: string): void {
    this.#connections.get(session)?.send(421, `${enhanced} ${text}`);
  }
}

/** A reply in the form the library's callbacks take. */
export const asError = ({ code, enhanced, text }: Reply): Error =>
  Object.assign(new Error(`${enhanced} ${text}`), { responseCode: code });
