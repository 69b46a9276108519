/**
 * The log of a process: JSON lines on stderr (stdout belongs to results). It is for operators; what a drill counts comes
 * from events, never from here. Passwords, tokens and hashes are cut out wherever they stand, one level deep or two.
 */
import { destination, pino, type Logger } from "pino";

export type Log = Logger;

const secrets = ["password", "token", "phc", "hash", "authorization", "secret", "key"];

/** A logger for the process `name`; writes are synchronous, so that nothing is lost when it is killed. */
export const createLog = (name: string, level: string): Log =>
  pino(
    {
      name,
      level,
      redact: { paths: secrets.flatMap((secret) => [secret, `*.${secret}`]), censor: "[cut]" },
    },
    destination({ fd: 2, sync: true }),
  );
