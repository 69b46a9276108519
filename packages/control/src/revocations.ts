/**
 * The revocation log and the credential epoch of each address, in two tables of control's environment. What of the log
 * must stay is decided in policy/revocation-log.ts; here it is kept so, a few old lines looked at with each new one, so
 * that no pass over the whole log is ever needed.
 * Invariants: every change is made inside the caller's write transaction, whole or not at all; revisions grow by one and
 * are never given twice, nor is a credential epoch of an address, whether its lines are still there or not.
 */
import type { NewRevocation, OperatorState, PartitionMap, Revocation, RevocationFeed, WallTime } from "@cordon/model";
import { holdLine, isSpent, type HeldLines } from "@cordon/policy";
import type { LmdbRoot, LmdbTable } from "@cordon/runtime";

/** The table of single values, which the store shares with the log. */
export type StateTable = LmdbTable<PartitionMap | OperatorState | number | string, string>;

export type Revoked = { readonly kind: "revoked"; readonly revocation: Revocation } | { readonly kind: "log-full" };

export interface RevocationBounds {
  readonly maxRevocations: number;
  readonly keepRevocationsMs: number;
}

/** What is known of an address for ever, and what the log holds of it. */
interface AddressRecord {
  readonly credentialEpoch: number;
  readonly held: HeldLines;
}

export interface RevocationLog {
  /** Revision of the newest line there ever was; 0 before the first. */
  revision(): number;
  /** Lines after revision `after`, oldest first, at most `limit`. */
  read(after: number, limit: number): Omit<RevocationFeed, "store">;
  /** To be called inside a write transaction. `address` is canonical. */
  add(revocation: NewRevocation, now: WallTime): Revoked;
}

/** How many lines are looked at with each new one, whether they may go: more than come in. */
const spentLooks = 16;

export function openRevocations(
  env: LmdbRoot<unknown, string>,
  state: StateTable,
  { maxRevocations, keepRevocationsMs }: RevocationBounds,
): RevocationLog {
  const lines = env.openDB<Revocation, number>({ name: "revocations", encoding: "json" });
  const addresses = env.openDB<AddressRecord, string>({ name: "addresses", encoding: "json" });
  /** Where the next look for spent lines begins. */
  let lookFrom = 0;
  const numberOf = (key: string): number => (state.get(key) as number | undefined) ?? 0;
  const read = (start: number, limit: number): Revocation[] =>
    Array.from(lines.getRange({ start, limit }), ({ value }) => value);

  /** Answers how many of these there were. */
  const drop = (revisions: readonly number[]): number => {
    const there = revisions.filter((one) => lines.get(one) !== undefined);
    for (const one of there) void lines.remove(one);
    return there.length;
  };

  /** Looks at the next few of the log, from its oldest to the first young one and again, and drops the spent ones. */
  const dropSpent = (now: WallTime): number => {
    const old: Revocation[] = [];
    for (const { value } of lines.getRange({ start: lookFrom, limit: spentLooks })) {
      if (now - value.at <= keepRevocationsMs) break;
      old.push(value);
    }
    lookFrom = old.length < spentLooks ? 0 : (old.at(-1)?.revision ?? 0) + 1;
    const spent = old.filter((line) => isSpent(line, addresses.get(line.address)?.held, keepRevocationsMs, now));
    return drop(spent.map((line) => line.revision));
  };

  return {
    revision: () => numberOf("revision"),
    read(after, limit) {
      const entries = read(after + 1, limit);
      const revision = numberOf("revision");
      return { revision, upTo: entries.length < limit ? revision : (entries.at(-1)?.revision ?? revision), entries };
    },
    add({ address, reason }, now) {
      const known = addresses.get(address);
      const revision = numberOf("revision") + 1;
      const { held, moot } = holdLine(known?.held, { revision, reason });
      // Room is made first, and stays made when there is not enough of it for this line.
      const room = numberOf("lines") - dropSpent(now);
      const left = room - moot.filter((one) => lines.get(one) !== undefined).length;
      if (left >= maxRevocations) {
        void state.put("lines", room);
        return { kind: "log-full" };
      }
      drop(moot);
      const credentialEpoch = (known?.credentialEpoch ?? 0) + 1;
      const revocation: Revocation = { revision, address, reason, credentialEpoch, at: now };
      void lines.put(revision, revocation);
      void addresses.put(address, { credentialEpoch, held });
      void state.put("revision", revision);
      void state.put("lines", left + 1);
      return { kind: "revoked", revocation };
    },
  };
}
