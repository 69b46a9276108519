/**
 * The contract every store of a partition keeps, whatever it is made of; store.contract.ts is the suite that holds each
 * one to it. It is async from the first day, so that a store across the network fits behind it unchanged.
 * Invariants: one address has one record; a write names the revision it read, and a newer one is a conflict; each write
 * carries its writer's term, and any term but the store's own is refused; what was acknowledged is durable; a read that
 * asks for a revision is never answered from before it. Nothing is ever taken out: an address that was removed keeps
 * its credential epoch, so that the next user there cannot revive what control has revoked.
 */
import type { Deadline } from "@cordon/model";

interface Common {
  /** The canonical address, the key. */
  readonly address: string;
  /** The newest epoch control allotted to a user of this address, as far as the partition was told; 0 when none was. */
  readonly credentialEpoch: number;
}

export type UserContent = Common & {
  readonly kind: "user";
  readonly userId: string;
  readonly tenant: string;
  /** The argon2id hash of the password, PHC string. */
  readonly phc: string;
  readonly disabled: boolean;
};
type AliasContent = Common & { readonly kind: "alias"; readonly target: string };
type GroupContent = Common & { readonly kind: "group"; readonly members: readonly string[] };
type RemovedContent = Common & { readonly kind: "removed" };

/** What a writer wants to stand at an address. */
export type Content = UserContent | AliasContent | GroupContent | RemovedContent;

/** What stands there: the content, and the partition's revision that put it there. */
export type StoredRecord = Content & { readonly revision: number };
export type UserOfRecord = Extract<StoredRecord, { kind: "user" }>;

/** One write: `expected` is the revision of the record it replaces, 0 when the address was never written. */
export interface Change {
  readonly content: Content;
  readonly expected: number;
}

export type Outcome =
  | { readonly kind: "written"; readonly revision: number }
  | { readonly kind: "conflict"; readonly found: StoredRecord | undefined };

/** The store did not do it, or not surely, and may do it later. */
export interface StoreUnavailable {
  readonly kind: "unavailable";
  readonly detail: string;
}

export interface StaleTerm {
  readonly kind: "stale-term";
  /** The term the store stands at. */
  readonly term: number;
}

export type Reading =
  | { readonly kind: "record"; readonly record: StoredRecord }
  | { readonly kind: "absent" }
  | StoreUnavailable;

/** The revision that was asked for did not come in time; `revision` is the one that had. */
export interface Behind {
  readonly kind: "behind";
  readonly revision: number;
}

export interface Position {
  readonly kind: "position";
  readonly term: number;
  /** Grows by one with each record written; 0 for an empty partition. */
  readonly revision: number;
}

export interface Store {
  /** What stands at a canonical address now: never older than what was acknowledged before the call. */
  get(address: string): Promise<Reading>;
  /** The same, from `revision` or later; waits for it until `until`, then says how far it is behind. */
  readAtLeast(address: string, revision: number, until: Deadline): Promise<Reading | Behind>;
  position(): Promise<Position | StoreUnavailable>;
  /**
   * Makes `term` the store's own, durably; only for the writer appointed in it. A term lower than the store's is stale. An
   * empty store takes one only where it `mayBegin`: elsewhere it has lost its data, and whoever served from it would say
   * of everybody that there is no such user. It is unavailable until its data are back.
   */
  takeTerm(term: number, mayBegin: boolean): Promise<{ readonly kind: "taken" } | StaleTerm | StoreUnavailable>;
  /**
   * Writes the changes in order, all in one transaction; each has an outcome of its own, a conflict stops no other.
   * Durable when answered. `unavailable` leaves open whether they were made.
   */
  commit(
    term: number,
    changes: readonly Change[],
  ): Promise<
    | { readonly kind: "committed"; readonly outcomes: readonly Outcome[]; readonly revision: number }
    | StaleTerm
    | StoreUnavailable
  >;
  /** Every record, in order of address. For tests and for looking at a store by hand. */
  scan(): AsyncIterable<StoredRecord>;
  close(): Promise<void>;
}

/** What a store says that is empty and may not be begun. */
export const dataLost: StoreUnavailable = {
  kind: "unavailable",
  detail: "it is empty, though its partition was written in before: its data are lost, and are to be put back",
};
