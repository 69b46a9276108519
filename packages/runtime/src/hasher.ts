/**
 * Password hashing for a process: a thread of its own, entered only with a seat of the host's budget. A hash that has
 * begun cannot be recalled, so everything is decided before: whoever cannot get a seat within the deadline is told
 * `busy`, which is push-back and no sign of illness. A worker that dies is replaced, and its job answers `busy`.
 */
import { Worker } from "node:worker_threads";
import type { Clock, Deadline } from "@cordon/model";
import type { HashDone, HashJob } from "./hasher-worker.ts";
import type { SupervisorLink } from "./supervisor-link.ts";

export type Busy = { readonly kind: "busy"; readonly retryAfterMs: number };
export type VerifyOutcome = { readonly kind: "matches" } | { readonly kind: "differs" } | Busy;
export type HashOutcome = { readonly kind: "hashed"; readonly phc: string } | Busy;

export interface Hasher {
  /** Whether `password` is the one behind `phc`. A PHC string that argon2 cannot read counts as `differs`. */
  verify(phc: string, password: string, deadline: Deadline, secret?: Uint8Array): Promise<VerifyOutcome>;
  hash(password: string, deadline: Deadline, secret?: Uint8Array): Promise<HashOutcome>;
  close(): Promise<void>;
}

/** `queue` names whose turn it is at the host's seats: the partition, or `auth`. */
export function createHasher(link: SupervisorLink, queue: string, clock: Clock): Hasher {
  const pending = new Map<number, (done: HashDone | undefined) => void>();
  let worker: Worker | undefined;
  let closing = false;
  let nextId = 1;

  const start = (): Worker => {
    const made = new Worker(new URL("./hasher-worker.ts", import.meta.url));
    made.on("message", (done: HashDone) => {
      pending.get(done.id)?.(done);
      pending.delete(done.id);
    });
    made.on("error", () => {});
    made.on("exit", () => {
      if (worker === made) worker = undefined;
      for (const [id, settle] of pending) {
        pending.delete(id);
        settle(undefined);
      }
      // The next job starts another one: a thread that dies at start must not spin here.
    });
    made.unref();
    return made;
  };

  async function seated(job: HashJob, deadline: Deadline): Promise<HashDone | Busy> {
    const seat = await link.askSeat(queue, Math.max(0, deadline - clock.now()));
    if (seat.kind === "busy") return seat;
    try {
      if (closing) return { kind: "busy", retryAfterMs: 1000 };
      worker ??= start();
      const mine = worker;
      const done = await new Promise<HashDone | undefined>((resolve) => {
        pending.set(job.id, resolve);
        mine.postMessage(job);
      });
      return done ?? { kind: "busy", retryAfterMs: 1000 };
    } finally {
      seat.giveBack();
    }
  }

  // The first hash of a process must not pay for the thread's start.
  worker = start();

  return {
    async verify(phc, password, deadline, secret) {
      const done = await seated({ id: nextId++, kind: "verify", phc, password, ...(secret && { secret }) }, deadline);
      if (done.kind === "busy") return done;
      return { kind: done.kind === "verified" && done.matches ? "matches" : "differs" };
    },
    async hash(password, deadline, secret) {
      const done = await seated({ id: nextId++, kind: "hash", password, ...(secret && { secret }) }, deadline);
      if (done.kind === "busy") return done;
      if (done.kind !== "hashed") throw new Error("argon2 refused to hash");
      return done;
    },
    async close() {
      closing = true;
      await worker?.terminate();
    },
  };
}
