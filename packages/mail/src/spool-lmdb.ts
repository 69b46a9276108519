/**
 * The spool in one LMDB environment, with the ledger in it. Each operation is one transaction, and a child transaction
 * at that, so that an operation which fails half-way leaves nothing; LMDB commits those that come together at once, and
 * a commit is not heard of before it is on the disk (runtime's lmdb.ts). New mail leaves a reserve of room on the disk to
 * what ends old mail: a queue that filled its disk could otherwise never be worked off.
 * Invariants: a body is in the store exactly as long as one of its units is; a full disk changes nothing and is a value.
 */
import { join } from "node:path";
import type { Fate, LedgerEntry, MessageId } from "@cordon/model";
import { openLmdb, transact, transactFromReserve, type LmdbTable } from "@cordon/runtime";
import type { SpoolBounds } from "./config.ts";
import { createLedger, type FateMove } from "./ledger.ts";
import type { Destination, Envelope, NewMessage, Settlement, Spool, Stored, Unit } from "./spool.ts";

/** A message's envelope, the ordinal its next unit gets, and how many of its units have no fate. */
interface MessageRecord {
  readonly envelope: Envelope;
  readonly next: number;
  readonly open: number;
}

interface Tables {
  readonly bodies: LmdbTable<Buffer, MessageId>;
  readonly messages: LmdbTable<MessageRecord, MessageId>;
  readonly units: LmdbTable<Unit, string>;
  /** `MESSAGE a ADDRESS`: the message has had a unit for it. `MESSAGE m MAILBOX`: it has been delivered there. */
  readonly seen: LmdbTable<true, string>;
}

/** What a transaction changes of the counts in memory, once it is committed. */
interface Effects {
  readonly moves: FateMove[];
  bytes: number;
}

const maxTables = 8;
const untried = { attempts: 0, notBefore: 0, deferredFor: null } as const;
const unitId = (message: MessageId, ordinal: number): string => `${message}.${String(ordinal).padStart(6, "0")}`;

/** Opens the spool in the folder `dataDir`; throws when it cannot be opened. `now` stamps the ledger. */
export function openSpool(dataDir: string, bounds: SpoolBounds, now: () => number): Spool {
  const env = openLmdb({ path: join(dataDir, "spool"), mapSize: bounds.mapBytes, maxDbs: maxTables });
  const tables: Tables = {
    bodies: env.openDB({ name: "bodies", encoding: "binary" }),
    messages: env.openDB({ name: "messages" }),
    units: env.openDB({ name: "units" }),
    seen: env.openDB({ name: "seen" }),
  };
  const ledger = createLedger(env.openDB({ name: "ledger" }), env.openDB({ name: "changes" }), bounds.ledgerEntries);
  let bytes = 0;
  /** Of messages whose transaction is under way: those that come together must not pass the bound together. */
  let coming = 0;
  for (const { value } of tables.messages.getRange()) bytes += value.envelope.bytes;

  async function durably<T>(via: typeof transact, action: (effects: Effects) => T): Promise<Stored<T>> {
    const effects: Effects = { moves: [], bytes: 0 };
    const result = await via(env, () => action(effects));
    if (result.kind === "failed") {
      ledger.undone();
      return { kind: "unavailable", detail: result.error.message };
    }
    ledger.counted(effects.moves);
    bytes += effects.bytes;
    return { kind: "done", value: result.value };
  }

  const book = (unit: Unit, envelope: Envelope, fate: Fate, mailbox: string | null, effects: Effects): void => {
    const entry: Omit<LedgerEntry, "change"> = {
      message: unit.message,
      headerId: envelope.headerId,
      recipient: unit.address,
      mailbox,
      partition: unit.partition,
      fate,
      origin: envelope.origin,
      attempts: unit.attempts,
      acceptedAt: envelope.acceptedAt,
      changedAt: now(),
    };
    effects.moves.push(...ledger.write(unit.id, entry));
  };

  const store = ({ envelope, body, destinations }: NewMessage, effects: Effects): readonly Unit[] => {
    const { message, acceptedWall } = envelope;
    void tables.bodies.put(message, body);
    void tables.messages.put(message, { envelope, next: destinations.length, open: destinations.length });
    effects.bytes += envelope.bytes;
    return destinations.map(({ address, partition }, ordinal) => {
      const about = { message, address, partition, acceptedWall, path: [], ...untried };
      const unit: Unit = { id: unitId(message, ordinal), ...about };
      void tables.units.put(unit.id, unit);
      void tables.seen.put(`${message} a ${address}`, true);
      book(unit, envelope, "queued", null, effects);
      return unit;
    });
  };

  /** Gives a unit its fate and takes it out; with its last unit the message goes. */
  const leave = (unit: Unit, record: MessageRecord, fate: Fate, mailbox: string | null, effects: Effects): void => {
    void tables.units.remove(unit.id);
    book(unit, record.envelope, fate, mailbox, effects);
    if (record.open > 1) return void tables.messages.put(unit.message, { ...record, open: record.open - 1 });
    void tables.messages.remove(unit.message);
    void tables.bodies.remove(unit.message);
    effects.bytes -= record.envelope.bytes;
    const seen = Array.from(tables.seen.getKeys({ start: `${unit.message} `, end: `${unit.message}!` }));
    for (const key of seen) void tables.seen.remove(key);
  };

  const expand = (
    unit: Unit,
    record: MessageRecord,
    children: readonly Destination[],
    effects: Effects,
  ): readonly Unit[] => {
    const { message, acceptedWall } = unit;
    let { next, open: openUnits } = record;
    const made: Unit[] = [];
    for (const { address, partition } of children) {
      const key = `${message} a ${address}`;
      const path = [...unit.path, unit.address];
      const about = { message, address, partition, acceptedWall, path, ...untried };
      const child: Unit = { id: unitId(message, next), ...about };
      next += 1;
      if (tables.seen.doesExist(key)) {
        book(child, record.envelope, "merged", null, effects);
        continue;
      }
      void tables.seen.put(key, true);
      void tables.units.put(child.id, child);
      openUnits += 1;
      book(child, record.envelope, "queued", null, effects);
      made.push(child);
    }
    leave(unit, { ...record, next, open: openUnits }, "expanded", null, effects);
    return made;
  };

  const end = (unit: Unit, settlement: Settlement, effects: Effects): readonly Unit[] => {
    const record = tables.messages.get(unit.message);
    if (record === undefined || !tables.units.doesExist(unit.id)) throw new Error(`${unit.id} has its fate already`);
    switch (settlement.do) {
      case "delivered": {
        const key = `${unit.message} m ${settlement.mailbox}`;
        const fate = tables.seen.doesExist(key) ? "merged" : "delivered";
        if (record.open > 1) void tables.seen.put(key, true);
        leave(unit, record, fate, settlement.mailbox, effects);
        return [];
      }
      case "expanded":
        return expand(unit, record, settlement.children, effects);
      case "bounced":
        leave(unit, record, "bounced", null, effects);
        return settlement.notice === null ? [] : store(settlement.notice, effects);
      case "retry": {
        const { attempts, at, cause } = settlement;
        const later: Unit = { ...unit, attempts, notBefore: at, deferredFor: cause };
        void tables.units.put(unit.id, later);
        return [later];
      }
    }
  };

  return {
    async accept(message) {
      const { bytes: more } = message.envelope;
      if (bytes + coming + more > bounds.bodyBytes) return { kind: "full" };
      coming += more;
      const stored = await durably(transact, (effects) => store(message, effects));
      coming -= more;
      return stored;
    },
    begin: (unit) =>
      durably(transactFromReserve, () => {
        const begun: Unit = { ...unit, attempts: unit.attempts + 1 };
        void tables.units.put(unit.id, begun);
        return begun;
      }),
    settle: (unit, settlement) => durably(transactFromReserve, (effects) => end(unit, settlement, effects)),
    read(message) {
      const envelope = tables.messages.get(message)?.envelope;
      const body = tables.bodies.get(message);
      return envelope === undefined || body === undefined ? undefined : { envelope, body };
    },
    unitsOf: (message) => tables.messages.get(message)?.next ?? 0,
    pending: () => tables.units.getRange().map(({ value }) => value),
    page(after, limit) {
      env.resetReadTxn();
      return ledger.page(after, limit);
    },
    fates: () => ledger.fates(),
    count() {
      env.resetReadTxn();
      return (tables.units.getStats() as { entryCount: number }).entryCount;
    },
    close: () => env.close(),
  };
}
