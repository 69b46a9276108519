/**
 * The SMTP server that Cordon's is measured against: the same library, the same look-up of each recipient at a role
 * instance of its partition, and nothing kept. It reads a message to its end, says 250 and forgets it.
 */
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { Agent, request } from "undici";
import { argsOf, serve } from "./serve.ts";

export interface SmtpReferenceArgs {
  /** Tenant -> base URL of a role instance of its partition. */
  readonly services: Readonly<Record<string, string>>;
}
/** Port on the loopback. */
export type SmtpReferenceReady = number;

const { services } = argsOf<SmtpReferenceArgs>();
const dispatcher = new Agent({ connections: 64 });

async function isKnown(address: string): Promise<boolean> {
  const service = services[address.slice(address.lastIndexOf("@") + 1)];
  const answer = await request(`${service}/v1/lookup`, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address }),
  });
  const { kind } = (await answer.body.json()) as { kind?: string };
  return kind === "mailbox";
}

const server = new SMTPServer({
  logger: false,
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onRcptTo({ address }, _session, done) {
    const look = async (): Promise<void> => {
      done((await isKnown(address)) ? null : Object.assign(new Error("unknown"), { responseCode: 550 }));
    };
    void look();
  },
  onData(stream, _session, done) {
    stream.resume();
    stream.on("end", () => done(null, "forgotten"));
  },
});
server.listen(0, "127.0.0.1", () => {
  const ready: SmtpReferenceReady = (server.server.address() as AddressInfo).port;
  serve(ready, () => "done");
});
