/**
 * Password hashing for a process: threads of its own, entered only with a seat of the host's budget. A hash that has
 * begun cannot be recalled, so everything is decided before: whoever cannot get a seat within the deadline is told
 * `busy`, which is push-back and no sign of illness. A thread that dies is replaced, and its job answers `busy`.
 */
import { availableParallelism } from "node:os";
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

interface Thread {
  readonly worker: Worker;
  /** Jobs under way, and what to do when each has ended; undefined: the thread died with it. */
  readonly jobs: Map<number, (done: HashDone | undefined) => void>;
}

/** What is said to whoever loses a hash to a thread's death or the process's end. */
const lostRetryMs = 1000;

/** `queue` names whose turn it is at the host's seats: the partition, or `auth`. */
export function createHasher(link: SupervisorLink, queue: string, clock: Clock): Hasher {
  const threads = new Set<Thread>();
  // Seats are never more than cores, so neither are hashes under way.
  const maxThreads = availableParallelism();
  let closing = false;
  let lastId = 0;

  const start = (): Thread => {
    const worker = new Worker(new URL("./hasher-worker.ts", import.meta.url));
    const thread: Thread = { worker, jobs: new Map() };
    threads.add(thread);
    worker.on("message", (done: HashDone) => {
      thread.jobs.get(done.id)?.(done);
      thread.jobs.delete(done.id);
    });
    // An error is followed by an exit. The next job starts another thread: one that dies at its start must not spin here.
    worker.on("error", () => {});
    worker.on("exit", () => {
      threads.delete(thread);
      for (const settle of thread.jobs.values()) settle(undefined);
    });
    worker.unref();
    return thread;
  };

  /** A thread with nothing to do, started if need be: a seat that waits behind another's hash would be a seat wasted. */
  const freeThread = (): Thread => {
    const [first, ...others] = threads;
    if (first === undefined) return start();
    const freest = others.reduce((least, thread) => (thread.jobs.size < least.jobs.size ? thread : least), first);
    return freest.jobs.size > 0 && threads.size < maxThreads ? start() : freest;
  };

  async function seated(job: HashJob, deadline: Deadline): Promise<HashDone | Busy> {
    const seat = await link.askSeat(queue, Math.max(0, deadline - clock.now()));
    if (seat.kind === "busy") return seat;
    try {
      if (closing) return { kind: "busy", retryAfterMs: lostRetryMs };
      const { worker, jobs } = freeThread();
      const done = await new Promise<HashDone | undefined>((resolve) => {
        jobs.set(job.id, resolve);
        worker.postMessage(job);
      });
      return done ?? { kind: "busy", retryAfterMs: lostRetryMs };
    } finally {
      seat.giveBack();
    }
  }

  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  // The first hash of a process must not pay for a thread's start.
  start();

  return {
    async verify(phc, password, deadline, secret) {
      const done = await seated({ id: nextId(), kind: "verify", phc, password, ...(secret && { secret }) }, deadline);
      if (done.kind === "busy") return done;
      return { kind: done.kind === "verified" && done.matches ? "matches" : "differs" };
    },
    async hash(password, deadline, secret) {
      const done = await seated({ id: nextId(), kind: "hash", password, ...(secret && { secret }) }, deadline);
      if (done.kind === "busy") return done;
      if (done.kind !== "hashed") throw new Error("argon2 refused to hash");
      return done;
    },
    async close() {
      closing = true;
      await Promise.all(Array.from(threads, ({ worker }) => worker.terminate()));
    },
  };
}
