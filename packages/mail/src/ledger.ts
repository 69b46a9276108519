/**
 * The ledger: for each (message, mailbox) one fate, in order of change, so that whoever follows it by the change number
 * misses nothing. It lives in the spool's environment and is written only inside the spool's transactions. Two customers'
 * questions of June 2014, "is it lost?" and "where is it?", are answered from here.
 * Invariants: a unit has one entry and one place in the order; a change number is used once, or never when its transaction
 * came to nothing; fates counted in memory are those of committed entries; past its bound the oldest settled entries go,
 * never a queued one, and none is forgotten because a transaction that let it go was undone.
 */
import type { Fate, LedgerEntry, LedgerPage } from "@cordon/model";
import type { LmdbTable } from "@cordon/runtime";

/** A change of a fate that counts only once its transaction is committed; `from` is absent for a new entry, `to` for one that went. */
export interface FateMove {
  readonly from: Fate | undefined;
  readonly to: Fate | undefined;
}

export interface Ledger {
  /** Inside a write transaction: writes the entry of a unit as the newest change. */
  write(unit: string, entry: Omit<LedgerEntry, "change">): readonly FateMove[];
  /** After the commit. */
  counted(moves: readonly FateMove[]): void;
  /** A transaction came to nothing: what it had let go is there again. */
  undone(): void;
  page(after: number, limit: number): LedgerPage;
  fates(): Readonly<Record<Fate, number>>;
}

/** Settled entries that one write may let go, so that no transaction is long. */
const goneAtOnce = 8;

export function createLedger(
  entries: LmdbTable<LedgerEntry, string>,
  changes: LmdbTable<string, number>,
  keep: number,
): Ledger {
  const fates: Record<Fate, number> = {
    queued: 0,
    delivered: 0,
    bounced: 0,
    quarantined: 0,
    discarded: 0,
    expanded: 0,
    merged: 0,
  };
  let total = 0;
  let newest = 0;
  /**
   * Nothing settled stands before this change: a queued entry that was passed over comes again as a newer change. It moves
   * before the commit, so that transactions which share one search on and do not all pass over the same queued entries;
   * so a transaction that fails sends the search back to the start.
   */
  let oldest = 0;
  for (const { value } of entries.getRange()) {
    fates[value.fate] += 1;
    total += 1;
  }
  for (const change of changes.getKeys({ reverse: true, limit: 1 })) newest = change;

  const letGo = (): FateMove[] => {
    if (total <= keep) return [];
    const moves: FateMove[] = [];
    const eldest = Array.from(changes.getRange({ start: oldest, limit: goneAtOnce }));
    for (const { key, value } of eldest) {
      const fate = entries.get(value)?.fate;
      oldest = key + 1;
      if (fate === "queued") continue;
      void changes.remove(key);
      void entries.remove(value);
      if (fate !== undefined) moves.push({ from: fate, to: undefined });
    }
    return moves;
  };

  return {
    write(unit, entry) {
      const before = entries.get(unit);
      if (before !== undefined) void changes.remove(before.change);
      newest += 1;
      void entries.put(unit, { change: newest, ...entry });
      void changes.put(newest, unit);
      return [{ from: before?.fate, to: entry.fate }, ...letGo()];
    },
    counted(moves) {
      for (const { from, to } of moves) {
        if (from !== undefined) fates[from] -= 1;
        if (to !== undefined) fates[to] += 1;
        total += Number(to !== undefined) - Number(from !== undefined);
      }
    },
    undone() {
      oldest = 0;
    },
    page(after, limit) {
      const found: LedgerEntry[] = [];
      let next = after;
      for (const { key, value } of changes.getRange({ start: after + 1, limit })) {
        const entry = entries.get(value);
        if (entry !== undefined) found.push(entry);
        next = key;
      }
      return { entries: found, next };
    },
    fates: () => fates,
  };
}
