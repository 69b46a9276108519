/**
 * Addresses as the API writes them, `host:port`, `[::1]:port`, `:port`. A listener that names this machine's loopback by
 * name, or no host at all, is 127.0.0.1: it is answered so, and nothing listens wider than it was told to. An upstream is
 * answered as it was given, and `localhost` is dialled as 127.0.0.1, without asking a resolver each time.
 */

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const pattern = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]\s]*)):(?<port>\d{1,5})$/;

/** The listen address in `text`, or undefined when it is none. Port 0 passes: whether it may stand there is the caller's to say. */
export function parseHostPort(text: string): HostPort | undefined {
  const written = parseUpstream(text);
  return written && dialled(written);
}

/** The upstream address in `text`, its host as it is written, or undefined when it is none. */
export function parseUpstream(text: string): HostPort | undefined {
  const groups = pattern.exec(text)?.groups;
  const port = Number(groups?.["port"]);
  if (groups === undefined || port > 65_535) return undefined;
  return { host: groups["ipv6"] ?? groups["host"] ?? "", port };
}

/** The address to use for an address as it is written. */
export const dialled = ({ host, port }: HostPort): HostPort => ({
  host: host === "" || host === "localhost" ? "127.0.0.1" : host,
  port,
});

export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
