/**
 * The embedded store: one LMDB environment a partition, opened by all its role instances at once.
 * A process frozen inside a write transaction keeps every other writer out, and so does *opening* the environment for
 * writing: so an instance opens it for reading only, and for writing when it takes a term, which is only after the
 * writer before it is dead. The term stands in the environment and is compared inside each write transaction, so that an
 * old writer that wakes up writes nothing. Commits are flushed before they become visible (no overlapping sync): nobody
 * ever reads what a power cut could take back. Reads reset LMDB's snapshot first, which otherwise is an event turn old.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { open, type RootDatabase } from "lmdb";
import type { Clock } from "@cordon/model";
import type {
  Behind,
  Change,
  Outcome,
  Position,
  Reading,
  StaleTerm,
  Store,
  StoredRecord,
  StoreUnavailable,
} from "./store.ts";

export interface LmdbStoreOptions {
  /** Path of the environment's file, with an extension; LMDB puts its lock file beside it. */
  readonly file: string;
  readonly clock: Clock;
  /** How often a read that waits for a revision looks again, milliseconds. */
  readonly revisionPollMs: number;
  /** Reads that may wait for a revision at once; the next one is `behind` at once. */
  readonly waitingReads: number;
}

type Database = RootDatabase<StoredRecord | Position, string>;
type Handle = { readonly mode: "closed" } | { readonly mode: "reading" | "writing"; readonly db: Database };

/** No address is this: it has no `@`. */
const positionKey = "position";
const empty: Position = { kind: "position", term: 0, revision: 0 };

export function createLmdbStore(options: LmdbStoreOptions): Store {
  const { file, clock } = options;
  let handle: Handle = { mode: "closed" };
  let waiting = 0;
  let ended = false;

  /** The environment with a fresh snapshot, opened on first use; undefined before its first writer has made it. */
  const fresh = (): Database | undefined => {
    if (handle.mode === "closed" && !ended && existsSync(file))
      handle = { mode: "reading", db: open({ path: file, readOnly: true }) };
    if (handle.mode === "closed") return undefined;
    handle.db.resetReadTxn();
    return handle.db;
  };

  const read = (address: string, revision: number): Reading | Behind => {
    try {
      const db = fresh();
      if (db === undefined) return unavailable(ended ? "the store is closed" : "the store has had no writer yet");
      const position = positionIn(db);
      if (position.revision < revision) return { kind: "behind", revision: position.revision };
      const record = recordIn(db, address);
      return record === undefined ? { kind: "absent" } : { kind: "record", record };
    } catch (error) {
      return unavailable(messageOf(error));
    }
  };

  const openToWrite = (): Database => {
    if (handle.mode === "writing") return handle.db;
    // Closing a read-only environment is done when the call returns: no read can come between.
    if (handle.mode === "reading") void handle.db.close();
    handle = { mode: "closed" };
    mkdirSync(dirname(file), { recursive: true });
    const db: Database = open({ path: file, overlappingSync: false });
    handle = { mode: "writing", db };
    return db;
  };

  return {
    get: (address) => {
      const reading = read(address, 0);
      return Promise.resolve(reading.kind === "behind" ? unavailable("the store lost its position") : reading);
    },
    async readAtLeast(address, revision, until) {
      for (;;) {
        const reading = read(address, revision);
        if (reading.kind !== "behind" || clock.now() >= until || waiting >= options.waitingReads) return reading;
        waiting += 1;
        await pause(Math.min(options.revisionPollMs, Math.max(0, until - clock.now())));
        waiting -= 1;
      }
    },
    position() {
      try {
        const db = fresh();
        return Promise.resolve(db === undefined ? unavailable("the store is not open") : positionIn(db));
      } catch (error) {
        return Promise.resolve(unavailable(messageOf(error)));
      }
    },
    async takeTerm(term) {
      if (ended) return unavailable("the store is closed");
      return durably(openToWrite, (db) => {
        const position = positionIn(db);
        if (position.term > term) return { kind: "stale-term", term: position.term };
        if (position.term < term) void db.put(positionKey, { ...position, term });
        return { kind: "taken" };
      });
    },
    async commit(term, changes) {
      const writer = handle;
      if (writer.mode !== "writing") return unavailable("this instance has not taken a term");
      return durably(
        () => writer.db,
        (db) => apply(db, term, changes),
      );
    },
    async *scan() {
      const db = fresh();
      if (db === undefined) return;
      for (const { value } of db.getRange()) if (value.kind !== "position") yield value;
    },
    async close() {
      ended = true;
      const last = handle;
      handle = { mode: "closed" };
      if (last.mode !== "closed") await last.db.close();
    },
  };
}

/** Runs inside the write transaction, where no other process can write. */
function apply(
  db: Database,
  term: number,
  changes: readonly Change[],
): { kind: "committed"; outcomes: Outcome[]; revision: number } | StaleTerm {
  const position = positionIn(db);
  if (position.term !== term) return { kind: "stale-term", term: position.term };
  let { revision } = position;
  const outcomes = changes.map(({ content, expected }): Outcome => {
    const found = recordIn(db, content.address);
    if ((found?.revision ?? 0) !== expected) return { kind: "conflict", found };
    revision += 1;
    void db.put(content.address, { ...content, revision });
    return { kind: "written", revision };
  });
  if (revision > position.revision) void db.put(positionKey, { ...position, revision });
  return { kind: "committed", outcomes, revision };
}

/** The result of `action` in a write transaction, once that is on the disk. */
async function durably<T>(find: () => Database, action: (db: Database) => T): Promise<T | StoreUnavailable> {
  try {
    const db = find();
    const result = await db.transaction(() => action(db));
    await db.flushed;
    return result;
  } catch (error) {
    // lmdb hangs the cause on the error as a promise that rejects; unheard, it would end the process.
    const cause = error instanceof Error && "commitError" in error ? error.commitError : undefined;
    return unavailable(
      cause instanceof Promise ? await cause.then(() => "the commit failed", messageOf) : messageOf(error),
    );
  }
}

function positionIn(db: Database): Position {
  const found = db.get(positionKey);
  return found?.kind === "position" ? found : empty;
}

function recordIn(db: Database, address: string): StoredRecord | undefined {
  const found = db.get(address);
  return found === undefined || found.kind === "position" ? undefined : found;
}

const unavailable = (detail: string): StoreUnavailable => ({ kind: "unavailable", detail });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "the store failed");
