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
 */
import { open, type Database, type RootDatabase, type RootDatabaseOptionsWithPath } from "lmdb";

export type LmdbRoot<V, K extends string> = RootDatabase<V, K>;
export type LmdbTable<V, K extends string | number> = Database<V, K>;

/** lmdb's own options, less those that the rule decides. */
export type LmdbOptions = Omit<
  RootDatabaseOptionsWithPath,
  "overlappingSync" | "eventTurnBatching" | "noSync" | "noMetaSync" | "useWritemap" | "mapAsync" | "separateFlushed"
>;

/** Opens the environment, or makes it unless `readOnly`. Throws when LMDB cannot. */
export const openLmdb = <V, K extends string>(options: LmdbOptions): LmdbRoot<V, K> =>
  open<V, K>({ ...options, overlappingSync: false, eventTurnBatching: false });

export type Transacted<T> =
  | { readonly kind: "durable"; readonly value: T }
  /** `action` threw, and nothing was written; or the commit failed, as on a full disk, with all that shared it. */
  | { readonly kind: "failed"; readonly error: Error };

/** Runs `action` in a write transaction, whole or not at all; durable when answered. Never rejects. */
export async function transact<T>(
  root: Pick<LmdbRoot<unknown, string>, "childTransaction">,
  action: () => T,
): Promise<Transacted<T>> {
  try {
    return { kind: "durable", value: await root.childTransaction(action) };
  } catch (error) {
    hushCommitError(error);
    return { kind: "failed", error: error instanceof Error ? error : new Error(String(error)) };
  }
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
