/**
 * What must outlive a partition, in one LMDB environment: the map, the operator's state, the revocation log and the
 * credential epoch of each address. A disable that was answered must hold in the ninth hour of an outage, so an answer
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
} from "@cordon/model";
import { openLmdb, transact, waitAtMost, type Log } from "@cordon/runtime";
import { noOrders, obey } from "./operator.ts";
import type { Feed } from "./polls.ts";

/** Reserved, not used: the file is as long as its contents, and lmdb reserves more by itself when they outgrow this. */
const addressSpaceBytes = 256 * 1_048_576;

export interface StoreBounds {
  readonly dataDir: string;
  readonly maxRevocations: number;
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

export interface ControlStore {
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

/** `onChange` is called after each durable change, also when its caller was told `unavailable` before. */
export function openStore(bounds: StoreBounds, clock: Clock, log: Log, onChange: (feed: Feed) => void): ControlStore {
  const env = openLmdb<unknown, string>({
    path: bounds.dataDir,
    noSubdir: false,
    encoding: "json",
    mapSize: addressSpaceBytes,
    maxDbs: 3,
  });
  const state = env.openDB<PartitionMap | OperatorState | number, string>({ name: "state", encoding: "json" });
  const lines = env.openDB<Revocation, number>({ name: "revocations", encoding: "json" });
  const epochs = env.openDB<number, string>({ name: "credential-epochs", encoding: "json" });
  let pending = 0;

  // The store wrote these values itself, and nobody else opens the folder: they are what their keys say.
  const map = (): PartitionMap | undefined => state.get("map") as PartitionMap | undefined;
  const epoch = (): number => (state.get("epoch") as number | undefined) ?? 0;
  const operator = (): OperatorState => (state.get("operator") as OperatorState | undefined) ?? noOrders;
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

  return {
    map: fresh(map),
    epoch: fresh(epoch),
    operator: fresh(operator),
    revision: fresh(revision),
    revocations(after, limit) {
      env.resetReadTxn();
      const entries = Array.from(lines.getRange({ start: after + 1, limit }), ({ value }) => value);
      return { revision: revision(), entries };
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
        if (revision() >= bounds.maxRevocations) return { kind: "log-full" };
        const revocation: Revocation = {
          revision: revision() + 1,
          address,
          reason,
          credentialEpoch: (epochs.get(address) ?? 0) + 1,
          at: clock.wall(),
        };
        void lines.put(revocation.revision, revocation);
        void epochs.put(address, revocation.credentialEpoch);
        void state.put("revision", revocation.revision);
        return { kind: "revoked", revocation };
      }),
    close: () => env.close(),
  };
}
