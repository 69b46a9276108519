/**
 * Whether anything listens where a load is to go. It says no more than that: a process that is frozen is connected to all
 * the same, and that one hangs is a finding of the load, not a reason to send none.
 */
import { connect } from "node:net";

/** Why `host:port` could not be connected to in `withinMs`; undefined when it could. */
export function whyUnreachable(host: string, port: number, withinMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (detail: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(detail);
    };
    const timer = setTimeout(() => end(`no connection in ${withinMs} ms`), withinMs);
    socket.once("connect", () => end(undefined));
    socket.once("error", (error) => end("code" in error ? String(error.code) : error.name));
  });
}
