/**
 * The embedded store: one LMDB environment a partition, opened by all its role instances at once. The term stands in the
 * environment and is compared inside each write transaction, so that an old writer that wakes up after another was
 * appointed writes nothing. An instance opens the environment for writing only when it takes a term, which is only after
 * the writer before it is dead. Every read is of a snapshot of its own moment: lmdb's is otherwise an event turn old.
 */
import type { Clock } from "@cordon/model";
import type { LmdbRoot } from "@cordon/runtime";
import { messageOf, openEnvironment, unavailable } from "./lmdb-environment.ts";
import { createRevisionWait, type RevisionWaitBounds } from "./revision-wait.ts";
import {
  dataLost,
  type Behind,
  type Change,
  type Outcome,
  type Position,
  type Reading,
  type StaleTerm,
  type Store,
  type StoredRecord,
  type StoreUnavailable,
} from "./store.ts";

export interface LmdbStoreOptions extends RevisionWaitBounds {
  /** Path of the environment's file, with an extension. */
  readonly file: string;
  readonly clock: Clock;
  /** Commits that may be under way at once; the next one is `unavailable` at once. */
  readonly pendingCommits: number;
}

type Database = LmdbRoot<StoredRecord | Position, string>;

/** No address is this: it has no `@`. */
const positionKey = "position";
const empty: Position = { kind: "position", term: 0, revision: 0 };

export function createLmdbStore(options: LmdbStoreOptions): Store {
  const waitForRevision = createRevisionWait(options, options.clock);
  const environment = openEnvironment<StoredRecord | Position>(options.file, options.pendingCommits);
  let hasTerm = false;

  const read = (address: string, revision: number): Reading | Behind => {
    try {
      const db = environment.fresh();
      if (db === undefined) return unavailable("the store is not open");
      const position = positionIn(db);
      if (position === undefined) return dataLost;
      if (position.revision < revision) return { kind: "behind", revision: position.revision };
      const record = recordIn(db, address);
      return record === undefined ? { kind: "absent" } : { kind: "record", record };
    } catch (error) {
      return unavailable(messageOf(error));
    }
  };

  return {
    get(address) {
      const reading = read(address, 0);
      return Promise.resolve(reading.kind === "behind" ? unavailable("the store has no position") : reading);
    },
    readAtLeast: (address, revision, until) => waitForRevision(() => Promise.resolve(read(address, revision)), until),
    position() {
      try {
        const db = environment.fresh();
        return Promise.resolve(db === undefined ? unavailable("the store is not open") : (positionIn(db) ?? dataLost));
      } catch (error) {
        return Promise.resolve(unavailable(messageOf(error)));
      }
    },
    async takeTerm(term, mayBegin) {
      const taken = await environment.transact((db) => take(db, term, mayBegin));
      hasTerm ||= taken.kind === "taken";
      return taken;
    },
    commit(term, changes) {
      if (!hasTerm) return Promise.resolve(unavailable("this instance has not taken a term"));
      return environment.transact((db) => apply(db, term, changes));
    },
    async *scan() {
      for (const { value } of environment.fresh()?.getRange() ?? []) if (value.kind !== "position") yield value;
    },
    close: () => environment.close(),
  };
}

/** Runs inside the write transaction, where nobody else can write. */
function take(db: Database, term: number, mayBegin: boolean): { kind: "taken" } | StaleTerm | StoreUnavailable {
  const found = positionIn(db);
  if (found === undefined && !mayBegin) return dataLost;
  const position = found ?? empty;
  if (position.term > term) return { kind: "stale-term", term: position.term };
  if (position.term < term) void db.put(positionKey, { ...position, term });
  return { kind: "taken" };
}

/** Runs inside the write transaction, where nobody else can write. */
function apply(
  db: Database,
  term: number,
  changes: readonly Change[],
): { kind: "committed"; outcomes: Outcome[]; revision: number } | StaleTerm {
  const position = positionIn(db) ?? empty;
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

/** undefined where nobody has ever taken a term. */
function positionIn(db: Database): Position | undefined {
  const found = db.get(positionKey);
  return found?.kind === "position" ? found : undefined;
}

function recordIn(db: Database, address: string): StoredRecord | undefined {
  const found = db.get(address);
  return found === undefined || found.kind === "position" ? undefined : found;
}
