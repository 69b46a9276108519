/**
 * What must outlive a partition, in one LMDB environment: the map, the operator's state, the revocation log and the
 * credential epoch of each address; and who the store is, so that one that was lost and made anew is not taken for it.
 * Of the log only what somebody may still need is kept (policy/revocation-log.ts). A disable that was answered must hold in the ninth hour of an outage, so an answer
 * waits for the disk, and a disk that fails or hangs is `unavailable`: never a false yes.
 * Invariants: a commit is an fsync (runtime's lmdb.ts), so that what can be read is durable already and no poll
 * hears of a change that a power cut takes back; each change is decided and made inside one write transaction, whole or
 * not at all; epochs and revisions grow by one and are never given twice.
 */
import type {
  Clock,
  NewRevocation,
  OperatorOrder,
  OperatorState,
  PartitionMap,
  Revocation,
  RevocationFeed,
  WallTime,
} from "@cordon/model";
import { holdLine, isSpent, type HeldLines } from "@cordon/policy";
import { openLmdb, transact, waitAtMost, type LmdbRoot, type Log } from "@cordon/runtime";
import { noOrders, obey } from "./operator.ts";
import type { Feed } from "./polls.ts";

/** Reserved, not used: the file is as long as its contents, and lmdb reserves more by itself when they outgrow this. */
const addressSpaceBytes = 256 * 1_048_576;

export interface StoreBounds {
  readonly dataDir: string;
  readonly maxRevocations: number;
  readonly keepRevocationsMs: number;
  readonly maxPendingChanges: number;
  readonly changeTimeoutMs: number;
}

/** `unavailable`: not known to be done. It may be made yet, after the answer. */
export type NotDone = { readonly kind: "unavailable" } | { readonly kind: "busy" };
export type Published = { readonly kind: "published" } | { readonly kind: "conflict"; readonly epoch: number };
export type Ordered =
  | { readonly kind: "ordered"; readonly state: OperatorState }
  | { readonly kind: "unknown-partition" };
export type Revoked = { readonly kind: "revoked"; readonly revocation: Revocation } | { readonly kind: "log-full" };

/** How many lines are looked at with each new one, whether they may go: more than come in. */
const spentLooks = 16;

/** What is known of an address for ever, and what the log holds of it. */
interface AddressRecord {
  readonly credentialEpoch: number;
  readonly held: HeldLines;
}

export interface ControlStore {
  /** Made with the store. */
  readonly id: string;
  map(): PartitionMap | undefined;
  /** Epoch of the map; 0 before the first. */
  epoch(): number;
  operator(): OperatorState;
  /** Revision of the newest line of the revocation log; 0 when it is empty. */
  revision(): number;
  /** Lines after revision `after`, oldest first, at most `limit`. */
  revocations(after: number, limit: number): RevocationFeed;
  /** Puts `map` in the place of the map of epoch `from`; its own epoch is `from` + 1. */
  publish(from: number, map: PartitionMap): Promise<Published | NotDone>;
  order(order: OperatorOrder): Promise<Ordered | NotDone>;
  /** Adds a line to the log and gives the address its next credential epoch. `address` is canonical. */
  revoke(revocation: NewRevocation): Promise<Revoked | NotDone>;
  close(): Promise<void>;
}

/** `makeId` names a store that is new; throws when the name cannot be made durable. `onChange` is called after each durable change, also when its caller was told `unavailable` before. */
export async function openStore(
  bounds: StoreBounds,
  clock: Clock,
  log: Log,
  makeId: () => string,
  onChange: (feed: Feed) => void,
): Promise<ControlStore> {
  const env = openLmdb<unknown, string>({
    path: bounds.dataDir,
    noSubdir: false,
    encoding: "json",
    mapSize: addressSpaceBytes,
    maxDbs: 3,
  });
  const state = env.openDB<PartitionMap | OperatorState | number | string, string>({ name: "state", encoding: "json" });
  const lines = env.openDB<Revocation, number>({ name: "revocations", encoding: "json" });
  const addresses = env.openDB<AddressRecord, string>({ name: "addresses", encoding: "json" });
  let pending = 0;
  /** Where the next look for spent lines begins. */
  let lookFrom = 0;

  // The store wrote these values itself, and nobody else opens the folder: they are what their keys say.
  const map = (): PartitionMap | undefined => state.get("map") as PartitionMap | undefined;
  const epoch = (): number => (state.get("epoch") as number | undefined) ?? 0;
  const storeId = (): string | undefined => state.get("store") as string | undefined;
  if (storeId() === undefined) await nameStore(env, () => void state.put("store", makeId()));
  const id = storeId() ?? "";
  const operator = (): OperatorState => ({
    ...((state.get("operator") as OperatorState | undefined) ?? noOrders),
    store: id,
  });
  const count = (): number => (state.get("lines") as number | undefined) ?? 0;
  const revision = (): number => (state.get("revision") as number | undefined) ?? 0;

  /** Runs `decide` in a write transaction of its own. Changes asked for in one turn of the loop share a commit. */
  async function change<T extends { kind: string }>(feed: Feed, decide: () => T): Promise<T | NotDone> {
    if (pending >= bounds.maxPendingChanges) return { kind: "busy" };
    pending += 1;
    const made = transact(env, decide).then((result): T | NotDone => {
      pending -= 1;
      if (result.kind === "durable") {
        onChange(feed);
        return result.value;
      }
      log.error({ err: result.error }, "a change could not be made durable");
      return { kind: "unavailable" };
    });
    return waitAtMost(made, bounds.changeTimeoutMs, () => ({ kind: "unavailable" }));
  }

  const fresh = <T>(read: () => T): (() => T) => {
    return () => {
      env.resetReadTxn();
      return read();
    };
  };

  /** Drops these lines, inside a transaction. Answers how many there were. */
  const drop = (revisions: readonly number[]): number => {
    const there = revisions.filter((one) => lines.get(one) !== undefined);
    for (const one of there) void lines.remove(one);
    return there.length;
  };

  /** Looks at the next few of the log, from its oldest to its newest and again, and drops the spent ones. */
  const dropSpent = (now: WallTime): number => {
    const looked = Array.from(lines.getRange({ start: lookFrom, limit: spentLooks }), ({ value }) => value);
    const youngAt = looked.findIndex(({ at }) => now - at <= bounds.keepRevocationsMs);
    const isEnd = youngAt >= 0 || looked.length < spentLooks;
    lookFrom = isEnd ? 0 : (looked.at(-1)?.revision ?? 0) + 1;
    const spent = looked.filter((line) =>
      isSpent(line, addresses.get(line.address)?.held, bounds.keepRevocationsMs, now),
    );
    return drop(spent.map((line) => line.revision));
  };

  return {
    id,
    map: fresh(map),
    epoch: fresh(epoch),
    operator: fresh(operator),
    revision: fresh(revision),
    revocations(after, limit) {
      env.resetReadTxn();
      const entries = Array.from(lines.getRange({ start: after + 1, limit }), ({ value }) => value);
      const newest = revision();
      const upTo = entries.length < limit ? newest : (entries.at(-1)?.revision ?? newest);
      return { store: id, revision: newest, upTo, entries };
    },
    publish: (from, next) =>
      change<Published>("map", () => {
        const now = epoch();
        if (now !== from) return { kind: "conflict", epoch: now };
        void state.put("map", next);
        void state.put("epoch", next.epoch);
        return { kind: "published" };
      }),
    order: (order) =>
      change<Ordered>("operator", () => {
        if (map()?.partitions.some(({ id }) => id === order.partition) !== true) return { kind: "unknown-partition" };
        const next = obey(operator(), order, clock.wall());
        void state.put("operator", next);
        return { kind: "ordered", state: next };
      }),
    revoke: ({ address, reason }) =>
      change<Revoked>("revocations", () => {
        const now = clock.wall();
        const known = addresses.get(address);
        const next = revision() + 1;
        const { held, moot } = holdLine(known?.held, { revision: next, reason });
        // Room is made first, and stays made when there is not enough of it for this line.
        const room = count() - dropSpent(now);
        const left = room - moot.filter((one) => lines.get(one) !== undefined).length;
        if (left >= bounds.maxRevocations) {
          void state.put("lines", room);
          return { kind: "log-full" };
        }
        drop(moot);
        const credentialEpoch = (known?.credentialEpoch ?? 0) + 1;
        const revocation: Revocation = { revision: next, address, reason, credentialEpoch, at: now };
        void lines.put(next, revocation);
        void addresses.put(address, { credentialEpoch, held });
        void state.put("revision", next);
        void state.put("lines", left + 1);
        return { kind: "revoked", revocation };
      }),
    close: () => env.close(),
  };
}

/** Nobody may hear a name that a power cut takes back. */
async function nameStore(env: LmdbRoot<unknown, string>, name: () => void): Promise<void> {
  const named = await transact(env, name);
  if (named.kind === "durable") return;
  await env.close();
  throw named.error;
}
