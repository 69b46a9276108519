/**
 * The connection to an upstream, read into one buffer of its own that is used again and again. A buffer a read is what
 * Node does by itself, and at some thousand reads a second it keeps the collector busy with a heap that holds a whole
 * service; a bare pipe has next to none, which is why it was faster.
 */
import { connect, type Socket } from "node:net";
import { dialled, type HostPort } from "./host-port.ts";

/** As much as libuv reads at once. */
const readBytes = 65_536;

/**
 * Connects, and does not wait for it. `onBytes` is handed what has come and answers whether nobody needs it any more: what
 * is still needed is left to whoever has it, and the next read goes into a new buffer.
 */
export function dialUpstream(to: HostPort, onBytes: (chunk: Buffer) => boolean): Socket {
  let buffer = Buffer.allocUnsafeSlow(readBytes);
  return connect({
    ...dialled(to),
    allowHalfOpen: true,
    noDelay: true,
    onread: {
      buffer: () => buffer,
      callback(bytes) {
        if (!onBytes(buffer.subarray(0, bytes))) buffer = Buffer.allocUnsafeSlow(readBytes);
        return true;
      },
    },
  });
}
