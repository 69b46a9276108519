/**
 * The log of a process: JSON lines on stderr (stdout belongs to results). It is for operators; what a drill counts comes
 * from events, never from here. Passwords, tokens and hashes are cut out wherever they stand, one level deep or two.
 */
import { destination, pino, type Logger } from "pino";

export type Log = Logger;

const secrets = ["password", "token", "phc", "hash", "authorization", "secret", "key"];

/** Lines that the disk has not taken yet, bytes; newer ones are dropped. */
const maxUnwrittenBytes = 1_048_576;

/**
 * A logger for the process `name`; writes are synchronous, so that nothing is lost when it is killed. A disk that takes no
 * line must not stop a service that can still say no to its clients: what it did not take is tried again with the next.
 */
export function createLog(name: string, level: string): Log {
  const stderr = destination({ fd: 2, sync: true, maxLength: maxUnwrittenBytes });
  stderr.on("error", () => {});
  const paths = secrets.flatMap((secret) => [secret, `*.${secret}`]);
  return pino({ name, level, redact: { paths, censor: "[cut]" } }, stderr);
}
