/**
 * One process's hold on an LMDB environment that several processes share: how it is opened, read and written.
 * A process frozen inside a write transaction keeps every other writer out, and so does *opening* the environment for
 * writing: so it is opened for reading only, until something is to be written. A commit is on the disk before it becomes
 * visible (runtime's lmdb.ts), so nobody ever reads what a power cut could take back; transactions asked for while one
 * is being committed share the next commit. One that fails, on a full disk say, fails for all who shared it, and the
 * environment goes on.
 */
import { existsSync } from "node:fs";
import { openLmdb, transact, type LmdbRoot } from "@cordon/runtime";
import type { StoreUnavailable } from "./store.ts";

export interface LmdbEnvironment<V> {
  /** The environment with a snapshot of now, for synchronous reads; undefined before anybody has made it. Throws. */
  fresh(): LmdbRoot<V, string> | undefined;
  /**
   * The result of `action` in a write transaction, once that is on the disk; an action that throws has written nothing.
   * `unavailable` leaves open whether it was made.
   */
  transact<T>(action: (db: LmdbRoot<V, string>) => T): Promise<T | StoreUnavailable>;
  close(): Promise<void>;
}

type Handle<V> =
  | { readonly mode: "closed" }
  | { readonly mode: "reading" | "writing"; readonly db: LmdbRoot<V, string> };

/** `file` has an extension; LMDB puts its lock file beside it. `maxPending`: transactions asked for and not yet committed. */
export function openEnvironment<V>(file: string, maxPending: number): LmdbEnvironment<V> {
  let handle: Handle<V> = { mode: "closed" };
  let pending = 0;
  let ended = false;

  const toWrite = (): LmdbRoot<V, string> => {
    if (handle.mode === "writing") return handle.db;
    // Closing a read-only environment is done when the call returns: no read can come between.
    if (handle.mode === "reading") void handle.db.close();
    handle = { mode: "closed" };
    const db = openLmdb<V, string>({ path: file });
    handle = { mode: "writing", db };
    return db;
  };

  return {
    fresh() {
      if (handle.mode === "closed" && !ended && existsSync(file))
        handle = { mode: "reading", db: openLmdb({ path: file, readOnly: true }) };
      if (handle.mode === "closed") return undefined;
      handle.db.resetReadTxn();
      return handle.db;
    },
    async transact(action) {
      if (ended) return unavailable("the store is closed");
      if (pending >= maxPending) return unavailable("too much is waiting to be written");
      pending += 1;
      try {
        const db = toWrite();
        const result = await transact(db, () => action(db));
        return result.kind === "durable" ? result.value : unavailable(messageOf(result.error));
      } catch (error) {
        // The environment could not be opened.
        return unavailable(messageOf(error));
      } finally {
        pending -= 1;
      }
    },
    async close() {
      ended = true;
      const last = handle;
      handle = { mode: "closed" };
      if (last.mode !== "closed") await last.db.close();
    },
  };
}

export const unavailable = (detail: string): StoreUnavailable => ({ kind: "unavailable", detail });
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "the store failed");
