/**
 * The store across the network: one Redis a partition, its records in Redis and its writes in Lua (redis-scripts.ts). The
 * fence is in the script: the term is compared where nobody else can write, so a writer that was frozen, replaced and
 * thawed writes nothing, however late what it sent arrives.
 * What it promises is what its Redis is told to do: with `appendonly yes` and `appendfsync always`, Redis answers, reads
 * too, only when what it answers from is on the disk; so what was acknowledged survives the death of every process of the
 * partition. It does not survive the loss of that disk: there is one Redis, no replica, and nobody is voted for.
 * A Redis that does not answer is `unavailable` by the limits below, never longer and never a guess. A Redis in which
 * nobody has ever taken a term is `unavailable` too, and not empty: its data may be what was lost.
 */
import type { Clock, Deadline } from "@cordon/model";
import { createRedisConnection, type RedisCommands, type RedisConnection } from "./redis-connection.ts";
import { decodePosition, decodeRecord, encodeContent, type Rubbish } from "./redis-record.ts";
import { commitScript, runScript, takeTermScript } from "./redis-scripts.ts";
import { createRevisionWait, type RevisionWaitBounds } from "./revision-wait.ts";
import {
  dataLost,
  type Behind,
  type Change,
  type Outcome,
  type Reading,
  type StaleTerm,
  type Store,
  type StoredRecord,
  type StoreUnavailable,
} from "./store.ts";

export interface RedisStoreOptions extends RevisionWaitBounds {
  /** Partitions of one Redis are apart by this. */
  readonly partition: string;
  readonly url: string;
  /** The longest a TCP connect may take. */
  readonly connectWithinMs: number;
  /** A connection that owes an answer and says nothing for this long is dropped. */
  readonly silentMs: number;
  /** The longest one read may take. */
  readonly readWithinMs: number;
  /** The longest one write may take, with being sent again when its answer was lost. */
  readonly writeWithinMs: number;
  /** Calls that may be under way at once; the next one is `unavailable` at once. */
  readonly pendingCalls: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** A name for each commit that no other commit has. */
  readonly newId: () => string;
  /** What an operator should know of this store; it holds no secret. */
  readonly tell: (detail: string) => void;
}

interface Keys {
  readonly position: string;
  readonly addresses: string;
  done(id: string): string;
  record(address: string): string;
}

const keysOf = (partition: string): Keys => ({
  position: `{${partition}}:position`,
  addresses: `{${partition}}:addresses`,
  done: (id) => `{${partition}}:done:${id}`,
  record: (address) => `{${partition}}:record:${address}`,
});

/** How often one write is sent before its answer is given up. */
const sends = 3;
/** An operator is told of rubbish no more often than this: whoever asks for it asks again. */
const distrustAgainMs = 1000;
/** Records read at once by a scan. */
const scanPage = 500;

export function createRedisStore(options: RedisStoreOptions): Store {
  const { clock, tell } = options;
  const keys = keysOf(options.partition);
  const connection = createRedisConnection({ ...options, onChange: (state) => tell(changes[state]) });
  const waitForRevision = createRevisionWait(options, clock);
  let hasTerm = false;
  let distrustedAt = Number.NEGATIVE_INFINITY;

  const distrust = ({ key }: Rubbish): StoreUnavailable => {
    const now = clock.now();
    if (now - distrustedAt < distrustAgainMs) return unavailable(`what stands at ${key} is no record`);
    distrustedAt = now;
    tell(`what stands at ${key} is nothing that this store writes`);
    return unavailable(`what stands at ${key} is no record`);
  };

  /** The position is asked for first: the record is then never from before it. */
  async function read(address: string, revision: number, until: Deadline): Promise<Reading | Behind> {
    const withinMs = Math.min(options.readWithinMs, Math.max(0, until - clock.now()));
    const key = keys.record(address);
    const called = await connection.call((redis) => Promise.all([redis.get(keys.position), redis.get(key)]), withinMs);
    if (called.kind !== "answered") return unavailable(called.detail);
    const [positionText, text] = called.value;
    const position = decodePosition(keys.position, positionText);
    if (position === undefined) return unavailable(neverWritten);
    if (position.kind === "rubbish") return distrust(position);
    if (position.revision < revision) return { kind: "behind", revision: position.revision };
    if (text === null) return { kind: "absent" };
    const record = decodeRecord(key, address, text);
    return record.kind === "rubbish" ? distrust(record) : { kind: "record", record };
  }

  const write = (send: (redis: RedisCommands) => Promise<unknown>): Promise<readonly unknown[] | StoreUnavailable> =>
    sendUntilAnswered(connection, send, clock.now() + options.writeWithinMs, clock);

  return {
    async get(address) {
      const reading = await read(address, 0, clock.now() + options.readWithinMs);
      return reading.kind === "behind" ? unavailable(neverWritten) : reading;
    },
    readAtLeast: (address, revision, until) => waitForRevision(() => read(address, revision, until), until),
    async position() {
      const called = await connection.call((redis) => redis.get(keys.position), options.readWithinMs);
      if (called.kind !== "answered") return unavailable(called.detail);
      const position = decodePosition(keys.position, called.value);
      if (position === undefined) return unavailable(neverWritten);
      return position.kind === "rubbish" ? distrust(position) : position;
    },
    async takeTerm(term, mayBegin) {
      const args = [term, mayBegin ? 1 : 0];
      const answer = await write((redis) => runScript(redis, takeTermScript, [keys.position], args));
      if ("kind" in answer) return answer;
      if (answer[0] !== "taken") return refusalOf(answer, distrust);
      hasTerm = true;
      return { kind: "taken" };
    },
    async commit(term, changes) {
      if (!hasTerm) return unavailable("this instance has not taken a term");
      const records = changes.map(({ content }) => keys.record(content.address));
      const scriptKeys = [keys.position, keys.addresses, keys.done(options.newId()), ...records];
      // What is sent again is sent within this write's time: that long it has to be remembered, and a little longer.
      const args = [term, 2 * options.writeWithinMs, ...changes.flatMap(argumentsOf)];
      const answer = await write((redis) => runScript(redis, commitScript, scriptKeys, args));
      if ("kind" in answer) return answer;
      if (answer[0] !== "committed") return refusalOf(answer, distrust);
      const outcomes: Outcome[] = [];
      for (const [index, { content }] of changes.entries()) {
        const outcome = outcomeOf(records[index] ?? "", content.address, answer[index + 2]);
        if (outcome.kind === "rubbish") return distrust(outcome);
        outcomes.push(outcome);
      }
      return { kind: "committed", outcomes, revision: Number(answer[1]) };
    },
    scan: () => scanOf(connection, keys, options.readWithinMs),
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

const neverWritten = "nobody has ever taken a term in its Redis";
const changes: Readonly<Record<"ready" | "down", string>> = {
  ready: "the partition's Redis answers",
  down: "the partition's Redis is not there or does not answer",
};
const unavailable = (detail: string): StoreUnavailable => ({ kind: "unavailable", detail });

const argumentsOf = ({ content, expected }: Change): readonly [number, string, string] => [
  expected,
  content.address,
  encodeContent(content),
];

/** What one change came to, as the commit script says it. */
function outcomeOf(key: string, address: string, told: unknown): Outcome | Rubbish {
  if (typeof told === "number") return { kind: "written", revision: told };
  if (typeof told !== "string") return { kind: "rubbish", key };
  const found = told === "" ? undefined : decodeRecord(key, address, told);
  return found?.kind === "rubbish" ? found : { kind: "conflict", found };
}

/** What a script answers when it has written nothing. */
function refusalOf(
  [kind, about]: readonly unknown[],
  distrust: (rubbish: Rubbish) => StoreUnavailable,
): StaleTerm | StoreUnavailable {
  if (kind === "stale") return { kind: "stale-term", term: Number(about) };
  if (kind === "empty") return dataLost;
  return distrust({ kind: "rubbish", key: String(about) });
}

/**
 * Sends a write, and sends it again, the same one, when the connection broke before its answer came. Both scripts answer
 * a second time what they answered the first: what was asked once is done once.
 */
async function sendUntilAnswered(
  connection: RedisConnection,
  send: (redis: RedisCommands) => Promise<unknown>,
  until: Deadline,
  clock: Clock,
): Promise<readonly unknown[] | StoreUnavailable> {
  let detail = "";
  for (let sent = 0; sent < sends; sent++) {
    const called = await connection.call(send, Math.max(0, until - clock.now()));
    if (called.kind === "answered" && Array.isArray(called.value)) return called.value as readonly unknown[];
    if (called.kind === "answered") return unavailable("its Redis answered what no script of ours answers");
    ({ detail } = called);
    if (called.kind !== "unanswered" || !(await connection.ready(until)) || clock.now() >= until) break;
  }
  return unavailable(detail);
}

/** A page of addresses at a time. Throws when Redis does not answer, or holds what is no record. */
async function* scanOf(connection: RedisConnection, keys: Keys, withinMs: number): AsyncGenerator<StoredRecord> {
  const read = async <T>(send: (redis: RedisCommands) => Promise<T>): Promise<T> => {
    const called = await connection.call(send, withinMs);
    if (called.kind !== "answered") throw new Error(called.detail);
    return called.value;
  };
  let after = "-";
  for (;;) {
    const from = after;
    const addresses = await read((redis) => redis.zrangebylex(keys.addresses, from, "+", "LIMIT", 0, scanPage));
    if (addresses.length === 0) return;
    const texts = await read((redis) => redis.mget(addresses.map((address) => keys.record(address))));
    for (const [index, address] of addresses.entries()) {
      const record = decodeRecord(keys.record(address), address, texts[index] ?? "");
      if (record.kind === "rubbish") throw new Error(`what stands at ${record.key} is no record`);
      yield record;
    }
    after = `(${addresses.at(-1) ?? ""}`;
  }
}
