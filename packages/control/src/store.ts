/**
 * What must outlive a partition, in one LMDB environment: the map, the operator's state, the revocation log and the
 * credential epoch of each address; and who the store is, so that one that was lost and made anew is not taken for it.
 * The log is revocations.ts's. A disable that was answered must hold in the ninth hour of an outage, so an answer
 * waits for the disk, and a disk that fails or hangs is `unavailable`: never a false yes.
 * Invariants: a commit is an fsync (runtime's lmdb.ts), so that what can be read is durable already and no poll
 * hears of a change that a power cut takes back; each change is decided and made inside one write transaction, whole or
 * not at all; epochs and revisions grow by one and are never given twice.
 */
import type { Clock, NewRevocation, OperatorOrder, OperatorState, PartitionMap, RevocationFeed } from "@cordon/model";
import { openLmdb, transact, waitAtMost, type LmdbRoot, type Log } from "@cordon/runtime";
import { noOrders, obey } from "./operator.ts";
import type { Feed } from "./polls.ts";
import { openRevocations, type RevocationBounds, type Revoked, type StateTable } from "./revocations.ts";

/** Reserved, not used: the file is as long as its contents, and lmdb reserves more by itself when they outgrow this. */
const addressSpaceBytes = 256 * 1_048_576;

export interface StoreBounds extends RevocationBounds {
  readonly dataDir: string;
  readonly maxPendingChanges: number;
  readonly changeTimeoutMs: number;
}

/** `unavailable`: not known to be done. It may be made yet, after the answer. */
export type NotDone = { readonly kind: "unavailable" } | { readonly kind: "busy" };
export type Published = { readonly kind: "published" } | { readonly kind: "conflict"; readonly epoch: number };
export type Ordered =
  | { readonly kind: "ordered"; readonly state: OperatorState }
  | { readonly kind: "unknown-partition" };

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

/**
 * `makeId` names a store that is new; throws when the name cannot be made durable. `onChange` is called after each durable
 * change, also when its caller was told `unavailable` before.
 */
export async function openStore(
  bounds: StoreBounds,
  clock: Clock,
  logger: Log,
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
  const state: StateTable = env.openDB({ name: "state", encoding: "json" });
  let pending = 0;

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
  const log = openRevocations(env, state, bounds);

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
      logger.error({ err: result.error }, "a change could not be made durable");
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

  return {
    id,
    map: fresh(map),
    epoch: fresh(epoch),
    operator: fresh(operator),
    revision: fresh(() => log.revision()),
    revocations(after, limit) {
      env.resetReadTxn();
      return { store: id, ...log.read(after, limit) };
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
        if (map()?.partitions.some((one) => one.id === order.partition) !== true) return { kind: "unknown-partition" };
        const next = obey(operator(), order, clock.wall());
        void state.put("operator", next);
        return { kind: "ordered", state: next };
      }),
    revoke: (revocation) => change<Revoked>("revocations", () => log.add(revocation, clock.wall())),
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
