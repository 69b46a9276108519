/**
 * The one way Cordon opens and writes an LMDB environment, for the four stores that promise to outlive a process: mail's
 * spool, control's log, a partition's records and what auth remembers. A 250, a disable and a new password are promises
 * about the disk, so the rule by which a commit is durable stands here and nowhere else.
 * The rule: with `overlappingSync` off, a transaction begins without MDB_NOSYNC and its commit returns only when the pages
 * are synced and the root is written through a descriptor opened with O_DSYNC (lmdb's src/writer.cpp, WriteWorker::Write;
 * mdb_txn_commit). Only then is it visible, here and in other processes, and only then is its promise resolved. So a
 * commit is the fsync, and `flushed` must not be awaited after it: without overlapping syncs that is only another name for
 * the newest batch (lmdb's write.js, `flushed` and `committed`), perhaps somebody else's, whose failure would call a
 * durable commit unavailable. Transactions that come together still share one commit.
 * `eventTurnBatching` is off: with it a failed commit rejects a promise of lmdb's own that nobody can hold (write.js,
 * writeInstructions), and an unheard rejection ends the process: a full disk would stop the service. For the same reason
 * the `commitError` that lmdb hangs on an error is hushed. It is never awaited: it may never settle (write.js,
 * rejectCommit). lmdb writes the cause to stderr by itself.
 * LMDB must never meet a disk that refuses a page: it would damage the heap. The room is asked for first (lmdb-room.ts),
 * before each put and remove of a transaction, whoever makes them.
 */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { asBinary, open, type Database, type RootDatabase, type RootDatabaseOptionsWithPath } from "lmdb";
import { createRoom, makeLockFile, reserveBytes, type FileEnd, type Room } from "./lmdb-room.ts";

export type LmdbRoot<V, K extends string> = RootDatabase<V, K>;
export type LmdbTable<V, K extends string | number> = Database<V, K>;

/** lmdb's own options, less those that the rule decides. */
export type LmdbOptions = Omit<
  RootDatabaseOptionsWithPath,
  | "path"
  | "overlappingSync"
  | "eventTurnBatching"
  | "noSync"
  | "noMetaSync"
  | "useWritemap"
  | "mapAsync"
  | "separateFlushed"
> & { readonly path: string };

const rooms = new WeakMap<object, Room>();

/**
 * Opens the environment, or makes it unless `readOnly`: nobody else may read what it makes, folder or files, since a store
 * may hold password hashes. Throws when LMDB cannot, or the disk has no room for a new one.
 */
export function openLmdb<V, K extends string>(options: LmdbOptions): LmdbRoot<V, K> {
  const openRoot = (): LmdbRoot<V, K> => open<V, K>({ ...options, overlappingSync: false, eventTurnBatching: false });
  if (options.readOnly === true) return openRoot();
  const { data, lock } = filesOf(options);
  const isNew = !existsSync(lock);
  if (isNew) {
    mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
    makeLockFile(lock);
  }
  const room = createRoom(data);
  const root = openRoot();
  if (isNew) chmodSync(data, 0o600);
  const openTable = root.openDB.bind(root) as (table: unknown, about: unknown) => LmdbTable<unknown, string | number>;
  root.openDB = ((table: unknown, about: unknown) => asking(openTable(table, about), room)) as typeof root.openDB;
  rooms.set(root, room);
  asking(root, room);
  return root;
}

/** LMDB's two files: in lmdb a path with an extension is a file, and any other a folder, unless it is told. */
const filesOf = ({ path, noSubdir = extname(path) !== "" }: LmdbOptions): { data: string; lock: string } =>
  !noSubdir ? { data: join(path, "data.mdb"), lock: join(path, "lock.mdb") } : { data: path, lock: `${path}-lock` };

/** The table, whose puts and removes ask for room first. A value is encoded here, once, since its length is asked about. */
function asking<V, K extends string | number>(table: LmdbTable<V, K>, room: Room): LmdbTable<V, K> {
  const put = table.put.bind(table) as (key: K, value: unknown) => Promise<boolean>;
  const remove = table.remove.bind(table);
  const { encoder } = table as { encoder?: { encode(value: V): Uint8Array | string } };
  return Object.assign(table, {
    put(key: K, value: V) {
      const encoded = encoder === undefined ? (value as Uint8Array) : encoder.encode(value);
      const bytes = typeof encoded === "string" ? Buffer.from(encoded) : encoded;
      room.change(bytes.length);
      return put(key, asBinary(bytes));
    },
    remove(key: K) {
      room.change(0);
      return remove(key);
    },
  });
}

export type Transacted<T> =
  | { readonly kind: "durable"; readonly value: T }
  /** `action` threw, and nothing was written; or the commit failed, as on a full disk, with all that shared it. */
  | { readonly kind: "failed"; readonly error: Error };

/** Runs `action` in a write transaction, whole or not at all; durable when answered. Never rejects. */
export const transact = <T>(root: LmdbWriter, action: () => T): Promise<Transacted<T>> =>
  inRoom(root, reserveBytes, action);

/**
 * As `transact`, and may use the room that `transact` leaves: for what takes things out of a store, which on a full disk
 * is the only way to have room again.
 */
export const transactFromReserve = <T>(root: LmdbWriter, action: () => T): Promise<Transacted<T>> =>
  inRoom(root, 0, action);

export type LmdbWriter = Pick<LmdbRoot<unknown, string>, "childTransaction" | "getStats">;

async function inRoom<T>(root: LmdbWriter, keepBytes: number, action: () => T): Promise<Transacted<T>> {
  const claim = rooms.get(root)?.claim(keepBytes);
  if (claim === undefined) throw new Error("the store was not opened by openLmdb");
  try {
    return { kind: "durable", value: await root.childTransaction(() => claim.during(endOf(root), action)) };
  } catch (error) {
    hushCommitError(error);
    return { kind: "failed", error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    claim.release();
  }
}

function endOf(root: LmdbWriter): FileEnd {
  const { lastPageNumber, pageSize } = root.getStats() as { lastPageNumber: number; pageSize: number };
  return { pages: lastPageNumber + 1, pageBytes: pageSize };
}

/**
 * What `made` comes to, or `late()` when it takes longer than `ms` milliseconds. A commit that has begun cannot be
 * recalled: only the waiting for it ends here, and `late` has to say so. `made` does not reject, or its rejection is passed on.
 */
export function waitAtMost<T>(made: Promise<T>, ms: number, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), ms);
    made.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function hushCommitError(failure: unknown): void {
  if (failure instanceof Error && "commitError" in failure && failure.commitError instanceof Promise)
    failure.commitError.catch(() => {});
}
