/**
 * The library's SMTP server with what it lacks for us: a reply that brings an enhanced status code of its own keeps it
 * (the library knows one code for each reply code: every 550 would be 5.1.1), and a session can be ended from outside,
 * which is how a DATA that takes too long is. The library's seams are its two classes, so this file extends them.
 * Invariant: only texts of ours begin with an enhanced code; nothing a client sent is ever the beginning of a reply.
 */
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection";
import type { Reply } from "./admission.ts";

const ownCode = /^[245]\.\d{1,3}\.\d{1,3} /;

class Connection extends SMTPConnection {
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
