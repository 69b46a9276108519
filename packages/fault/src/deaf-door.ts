/**
 * A listener that drops SYNs, without root: its queue of connections that wait to be accepted is full and nobody ever
 * accepts, and then Linux throws every further SYN away. The queue is filled with connections of our own. A caller who
 * comes in while it is being filled is connected and never answered; when the door goes, such a one is reset.
 * Invariant: after `close` neither listener, thread nor filler is left.
 */
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { ok, refused, type Answer } from "./answer.ts";
import type { Ground } from "./ground.ts";
import { formatHostPort, type HostPort } from "./host-port.ts";

export interface DeafDoorOrder extends HostPort {
  readonly backlog: number;
  /** Set to 1 and notified to wake the thread. */
  readonly wake: Int32Array<SharedArrayBuffer>;
}

export type DeafDoorWord = { readonly kind: "listening" } | { readonly kind: "refused"; readonly code: string };

export interface DeafDoor {
  close(): Promise<void>;
}

/** The shortest queue Node can ask for; Linux lets one connection more into it. */
const backlog = 1;
const fillers = backlog + 1;
/** A connect to the own host is through at once, or its SYN was dropped because the queue is full already. */
const fillWithinMs = 200;

export const canDropSyns = process.platform === "linux";

/** Listens on `at`, a concrete port, and resolves when the queue is full. Refused (409) when the address is not to be had. */
export async function openDeafDoor(at: HostPort, ground: Ground): Promise<Answer<DeafDoor>> {
  const wake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const order: DeafDoorOrder = { ...at, backlog, wake };
  const worker = new Worker(new URL("./deaf-door-worker.ts", import.meta.url), { workerData: order });
  const gone = new Promise<void>((resolve) => {
    worker.once("exit", () => resolve());
  });
  const word = await new Promise<DeafDoorWord>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", (error: unknown) => resolve({ kind: "refused", code: String(error) }));
  });
  if (word.kind === "refused") {
    await gone;
    return refused(409, `cannot drop connects on ${formatHostPort(at)} (${word.code}); remove the toxic and try again`);
  }
  const sockets = await Promise.all(Array.from({ length: fillers }, () => fill(at, ground)));
  return ok({
    async close() {
      for (const socket of sockets) socket.destroy();
      Atomics.store(wake, 0, 1);
      Atomics.notify(wake, 0);
      await gone;
    },
  });
}

/** One connection into the queue. It resolves when it is in, or when there was no room for it. */
function fill(at: HostPort, ground: Ground): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(at);
    socket.on("error", () => {});
    const done = (): void => {
      callOff();
      resolve(socket);
    };
    const callOff = ground.after(fillWithinMs, done);
    socket.once("connect", done);
    socket.once("close", done);
  });
}
