/**
 * The spool: what 250 promises. A message is in it, with its envelope and one unit for each recipient, from before the
 * client hears 250 until every unit has a fate; the ledger's account of the same units moves in the same transactions,
 * so that the two cannot disagree. This is the contract; the store behind it is `spool-lmdb.ts`.
 * Invariants: what an operation answers `done` to is on the disk; what it answers `unavailable` to has changed nothing;
 * a unit leaves the spool with a fate or not at all; an attempt is counted before it is made.
 */
import type { Fate, Instant, LedgerPage, MessageId, PartitionId, WallTime } from "@cordon/model";
import type { Trace } from "./headers.ts";

export interface Envelope {
  readonly message: MessageId;
  /** `system`: a bounce made here. */
  readonly origin: "client" | "system";
  /** Empty: the null sender. */
  readonly sender: string;
  /** The Message-ID header. */
  readonly headerId: string | null;
  readonly acceptedWall: WallTime;
  /** CLOCK_MONOTONIC, for the ledger. */
  readonly acceptedAt: Instant;
  readonly bytes: number;
  readonly trace: Trace | null;
}

/** Why a unit waits: for want of an answer from its partition, or for anything else. */
export type DeferralCause = "partition" | "other";

/** One address that one message must reach, and how far that has come. */
export interface Unit {
  /** The message's name and an ordinal: sorts by time of acceptance. */
  readonly id: string;
  readonly message: MessageId;
  /** The address to look up, canonical. */
  readonly address: string;
  /** Addresses whose expansion led here, the sender's recipient first. */
  readonly path: readonly string[];
  /** Whose lane it is in. */
  readonly partition: PartitionId;
  readonly acceptedWall: WallTime;
  /** Attempts counted against it, the one that is being made among them. */
  readonly attempts: number;
  /** Not to be tried before. */
  readonly notBefore: WallTime;
  /** Why it was put off last; null when it never was. Durable: what waits for a partition does so over a restart too. */
  readonly deferredFor: DeferralCause | null;
}

/** An address a message is to reach, and the partition it lives in. */
export interface Destination {
  readonly address: string;
  readonly partition: PartitionId;
}

export interface NewMessage {
  readonly envelope: Envelope;
  readonly body: Buffer;
  /** No address twice. */
  readonly destinations: readonly Destination[];
}

/** What became of an attempt. */
export type Settlement =
  | { readonly do: "delivered"; readonly mailbox: string }
  /** Each child becomes a unit of its own; one the message has had already is accounted for as `merged`. */
  | { readonly do: "expanded"; readonly children: readonly Destination[] }
  /** `notice` tells the sender; null when there is nobody to tell. */
  | { readonly do: "bounced"; readonly notice: NewMessage | null }
  | { readonly do: "retry"; readonly at: WallTime; readonly attempts: number; readonly cause: DeferralCause };

export type Stored<T> =
  | { readonly kind: "done"; readonly value: T }
  /** Nothing was changed. `detail` is for the log. */
  | { readonly kind: "unavailable"; readonly detail: string };

export interface Spool {
  /** Stores a message durably. `full`: the bound on bytes would be passed; nothing was stored. */
  accept(message: NewMessage): Promise<Stored<readonly Unit[]> | { readonly kind: "full" }>;
  /** Counts an attempt durably. */
  begin(unit: Unit): Promise<Stored<Unit>>;
  /** Records how an attempt ended; answers the units that came of it (children, a bounce, the unit to try again). */
  settle(unit: Unit, settlement: Settlement): Promise<Stored<readonly Unit[]>>;
  /** The envelope and the body of a message that still has units; undefined when it has none. */
  read(message: MessageId): { readonly envelope: Envelope; readonly body: Buffer } | undefined;
  /** Units a message has ever had; 0 when none is left without a fate. */
  unitsOf(message: MessageId): number;
  /** Every unit that has no fate yet, oldest first. */
  pending(): Iterable<Unit>;
  /** Ledger entries changed after `after`, at most `limit`, in order of change. */
  page(after: number, limit: number): LedgerPage;
  /** Ledger entries of each fate, as counted while running. */
  fates(): Readonly<Record<Fate, number>>;
  /** Units without a fate, as the store itself counts them. */
  count(): number;
  close(): Promise<void>;
}
