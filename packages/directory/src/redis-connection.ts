/**
 * One process's connection to a partition's Redis, and the only file that imports ioredis. Its defaults are an outage of
 * their own when a Redis is frozen: a call waits for ever, a queue grows without a bound, and what was sent is sent again
 * after the thaw. Here every call ends by its own limit, in one of four ways that a caller must tell apart:
 *
 *   answered     Redis did it
 *   refused      Redis said no, and did nothing
 *   unsent       it never left: surely not done
 *   unanswered   it left, and nothing came back: perhaps done, perhaps done yet
 *
 * Invariants: nothing is queued for a connection that is not there and nothing is sent twice by itself; a connection that
 * owes an answer and says nothing for `silentMs` is dropped and made anew, jittered; no more than `pendingCalls` are under
 * way, those counted too that nobody waits for any more; no detail holds an argument of a command, which may be a
 * password's hash, nor the URL, which may hold a password.
 * A limit of ioredis 6.0.0 (DataHandler.js, shiftCommand): a null that nobody asked for (`$-1`, `*-1` with no call under
 * way) is thrown in a turn of its own, where nothing here can catch it, and the process ends; its supervisor starts it
 * again. No Redis sends such a thing; only what stands in its place could.
 */
import { Redis } from "ioredis";
import type { Clock, Instant } from "@cordon/model";
import { waitAtMost } from "@cordon/runtime";

/** The commands the store uses. */
export type RedisCommands = Pick<Redis, "get" | "mget" | "zrangebylex" | "eval" | "evalsha">;

export type Called<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "refused" | "unsent" | "unanswered"; readonly detail: string };

export interface RedisConnectionOptions {
  /** `redis://[user][:password@]host:port[/database]`. */
  readonly url: string;
  /** The longest a TCP connect may take. */
  readonly connectWithinMs: number;
  readonly silentMs: number;
  readonly pendingCalls: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The connection was lost, or is there again; for the log. */
  readonly onChange: (state: "ready" | "down") => void;
}

export interface RedisConnection {
  /** Sends what `send` asks for; the answer comes within `withinMs`. Before the very first connection it waits for that. */
  call<T>(send: (redis: RedisCommands) => Promise<T>, withinMs: number): Promise<Called<T>>;
  /** Whether there is a connection by `until`. */
  ready(until: Instant): Promise<boolean>;
  close(): void;
}

/**
 * `fresh`: nobody has been disappointed yet, and the first connection is worth waiting for. `down`: there was one, or none
 * could be made, and whoever asks hears so at once; it is being made again behind their backs.
 */
type State = "fresh" | "ready" | "down" | "closed";

const shortestReconnectMs = 50;
const longestReconnectMs = 400;

export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { clock } = options;
  const waiting = new Set<(isReady: boolean) => void>();
  let state: State = "fresh";
  let pending = 0;
  const redis = openRedis(options);

  const become = (next: State): void => {
    if (state === "closed" || state === next) return;
    state = next;
    if (next === "ready" || next === "down") options.onChange(next);
    if (next !== "down") for (const tell of waiting) tell(next === "ready");
  };
  redis.on("ready", () => become("ready"));
  redis.on("close", () => become("down"));
  // The same news comes as an event of the connection; an error nobody listens to would end the process.
  redis.on("error", () => {});

  const ready = async (until: Instant): Promise<boolean> => {
    if (state === "ready" || state === "closed") return state === "ready";
    const told = Promise.withResolvers<boolean>();
    waiting.add(told.resolve);
    const isReady = await waitAtMost(told.promise, Math.max(0, until - clock.now()), () => false);
    waiting.delete(told.resolve);
    return isReady;
  };

  /** `ended` is called when Redis has answered, or its connection has gone: later than whoever asked has given up. */
  async function exchange<T>(
    send: (redis: RedisCommands) => Promise<T>,
    withinMs: number,
    ended: () => void,
  ): Promise<Called<T>> {
    const until = clock.now() + withinMs;
    if (state === "fresh") await ready(until);
    if (state !== "ready") {
      ended();
      return { kind: "unsent", detail: "there is no connection to its Redis" };
    }
    const made = send(redis)
      .then((value): Called<T> => ({ kind: "answered", value }), failureOf)
      .finally(ended);
    return waitAtMost(made, Math.max(0, until - clock.now()), () => silent);
  }

  return {
    async call(send, withinMs) {
      if (state === "closed") return { kind: "unsent", detail: "the store is closed" };
      if (pending >= options.pendingCalls) return { kind: "unsent", detail: "too much is asked of its Redis" };
      pending += 1;
      return exchange(send, withinMs, () => (pending -= 1));
    },
    ready,
    close() {
      become("closed");
      redis.disconnect();
    },
  };
}

const silent = { kind: "unanswered", detail: "its Redis did not answer in time" } as const;

/** A refusal is told by its code alone: the rest of Redis's sentence may quote what was sent. */
function failureOf(error: unknown): Exclude<Called<never>, { kind: "answered" }> {
  if (error instanceof Error && error.name === "ReplyError")
    return { kind: "refused", detail: `its Redis refused it (${/^[A-Z]+/.exec(error.message)?.[0] ?? "error"})` };
  return { kind: "unanswered", detail: "the connection to its Redis broke" };
}

const openRedis = ({ url, connectWithinMs, silentMs, random }: RedisConnectionOptions): Redis =>
  new Redis(url, {
    connectTimeout: connectWithinMs,
    socketTimeout: silentMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // With 1, what was under way when a connection broke would never settle: it is flushed at every second break only,
    // and forgotten at the next connection (ioredis 6.0.0, redis/event_handler.js).
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(shortestReconnectMs * 2 ** times, longestReconnectMs) * (0.5 + random() / 2),
    disableClientInfo: true,
  });
