/** The spool's contract on LMDB: what is done is there after a restart, what is refused has left nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSpool } from "./spool-lmdb.ts";
import type { Destination, NewMessage, Spool, Stored, Unit } from "./spool.ts";

const bounds = { mapBytes: 16 * 1024 * 1024, bodyBytes: 10_000, ledgerEntries: 1000 };
const to = (...addresses: string[]): Destination[] => addresses.map((address) => ({ address, partition: "p1" }));
const message = (name: string, destinations: Destination[], bytes = 100): NewMessage => ({
  envelope: {
    message: name,
    origin: "client",
    sender: "a@b.test",
    headerId: `<${name}>`,
    acceptedWall: 1000,
    acceptedAt: 5,
    bytes,
    trace: null,
  },
  body: Buffer.alloc(bytes, "x"),
  destinations,
});

async function withSpool(
  work: (open: () => Spool, reopen: (spool: Spool, keep?: number) => Promise<Spool>) => Promise<void>,
  keep = bounds.ledgerEntries,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cordon-spool-"));
  const opened = new Set<Spool>();
  const openWith = (ledgerEntries: number): Spool => {
    const spool = openSpool(folder, { ...bounds, ledgerEntries }, () => 7);
    opened.add(spool);
    return spool;
  };
  try {
    await work(
      () => openWith(keep),
      async (spool, keepNow = keep) => {
        opened.delete(spool);
        await spool.close();
        return openWith(keepNow);
      },
    );
  } finally {
    for (const spool of opened) await spool.close();
    await rm(folder, { recursive: true });
  }
}

/** The value of what was done; fails the test when it was not. */
const done = <T>(stored: Stored<T> | { kind: "full" }): T => {
  if (stored.kind !== "done") throw new Error(`not done: ${JSON.stringify(stored)}`);
  return stored.value;
};
const first = (units: readonly Unit[]): Unit => {
  const [unit] = units;
  if (unit === undefined) throw new Error("no unit");
  return unit;
};
const fates = (spool: Spool): string[] => spool.page(0, 100).entries.map((entry) => `${entry.recipient} ${entry.fate}`);

test("a message, its units, its attempts and its deferral are there after a restart", () =>
  withSpool(async (open, reopen) => {
    let spool = open();
    const units = done(await spool.accept(message("M1", to("u@one.test", "v@one.test"))));
    const begun = done(await spool.begin(first(units)));
    const later = done(await spool.settle(begun, { do: "retry", at: 5000, attempts: 1, cause: "partition" }));
    expect(later).toEqual([{ ...begun, attempts: 1, notBefore: 5000, deferredFor: "partition" }]);
    spool = await reopen(spool);
    expect([...spool.pending()]).toEqual([first(later), units[1]]);
    expect(spool.read("M1")?.body.length).toBe(100);
    expect(spool.fates().queued).toBe(2);
    expect(spool.count()).toBe(2);
  }));

test("with its last unit a message goes, and its bytes are free again", () =>
  withSpool(async (open) => {
    const spool = open();
    const units = done(await spool.accept(message("M1", to("u@one.test", "v@one.test"), 9000)));
    expect(await spool.accept(message("M2", to("w@one.test"), 2000))).toEqual({ kind: "full" });
    for (const unit of units) done(await spool.settle(unit, { do: "delivered", mailbox: unit.address }));
    expect(spool.read("M1")).toBeUndefined();
    expect(spool.unitsOf("M1")).toBe(0);
    expect(done(await spool.accept(message("M2", to("w@one.test"), 2000)))).toHaveLength(1);
    expect(fates(spool)).toEqual(["u@one.test delivered", "v@one.test delivered", "w@one.test queued"]);
  }));

test("messages accepted together do not pass the bound on bytes together", () =>
  withSpool(async (open) => {
    const spool = open();
    const names = ["M1", "M2", "M3", "M4"];
    const answers = await Promise.all(names.map((name) => spool.accept(message(name, to("u@one.test"), 4000))));
    expect(answers.map(({ kind }) => kind)).toEqual(["done", "done", "full", "full"]);
    const [unit] = done(answers[0] ?? { kind: "full" });
    if (unit === undefined) throw new Error("a unit was accepted");
    done(await spool.settle(unit, { do: "delivered", mailbox: "u@one.test" }));
    expect((await spool.accept(message("M5", to("u@one.test"), 4000))).kind).toBe("done");
  }));

test("a fate is given once: to settle a unit again is refused and changes nothing", () =>
  withSpool(async (open) => {
    const spool = open();
    const unit = first(done(await spool.accept(message("M1", to("u@one.test")))));
    done(await spool.settle(unit, { do: "delivered", mailbox: "u@one.test" }));
    expect(await spool.settle(unit, { do: "bounced", notice: null })).toMatchObject({ kind: "unavailable" });
    expect(fates(spool)).toEqual(["u@one.test delivered"]);
  }));

test("children of an expansion are units; those the message has had are merged; a bounce enters with the fate", () =>
  withSpool(async (open) => {
    const spool = open();
    const [group, direct] = done(await spool.accept(message("M1", to("g@one.test", "u@one.test"))));
    if (group === undefined || direct === undefined) throw new Error("two units were accepted");
    const children = done(await spool.settle(group, { do: "expanded", children: to("u@one.test", "v@one.test") }));
    expect(children).toMatchObject([{ address: "v@one.test", path: ["g@one.test"], id: "M1.000003" }]);
    const notice = message("M2", to("a@one.test"));
    const made = done(await spool.settle(first(children), { do: "bounced", notice }));
    expect(made).toMatchObject([{ message: "M2", address: "a@one.test" }]);
    expect(fates(spool).toSorted()).toEqual([
      "a@one.test queued",
      "g@one.test expanded",
      "u@one.test merged",
      "u@one.test queued",
      "v@one.test bounced",
    ]);
    expect(spool.fates()).toMatchObject({ queued: 2, expanded: 1, merged: 1, bounced: 1 });
  }));

test("the ledger is read in order of change, and past its bound the oldest settled entries go", () =>
  withSpool(async (open) => {
    const spool = open();
    const held = first(done(await spool.accept(message("M00", to("held@one.test")))));
    for (let n = 1; n <= 30; n++) {
      const name = `M${String(n).padStart(2, "0")}`;
      const unit = first(done(await spool.accept(message(name, to(`u${n}@one.test`)))));
      done(await spool.settle(unit, { do: "delivered", mailbox: unit.address }));
    }
    const { entries } = spool.page(0, 100);
    expect(entries.length).toBeLessThanOrEqual(11);
    expect(entries.map(({ message: name }) => name)).toContain(held.message);
    expect(entries.at(-1)).toMatchObject({ message: "M30", fate: "delivered" });
    const page = spool.page(entries[0]?.change ?? 0, 2);
    expect(page.entries).toEqual(entries.slice(1, 3));
    expect(page.next).toBe(entries[2]?.change);
  }, 10));

test("entries that an undone transaction had let go are let go by a later one", () =>
  withSpool(async (open, reopen) => {
    const names = Array.from({ length: 20 }, (_, n) => `M${String(n).padStart(2, "0")}`);
    let spool = open();
    for (const name of names) {
      const unit = first(done(await spool.accept(message(name, to("u@one.test")))));
      done(await spool.settle(unit, { do: "delivered", mailbox: unit.address }));
    }
    const group = first(done(await spool.accept(message("M20", to("g@one.test")))));
    spool = await reopen(spool, 10);
    // The first child is booked; the second is no key that the store takes.
    const children = to("v@one.test", `${"x".repeat(4000)}@one.test`);
    expect(await spool.settle(group, { do: "expanded", children })).toMatchObject({ kind: "unavailable" });
    expect(spool.page(0, 100).entries).toHaveLength(21);
    done(await spool.settle(group, { do: "delivered", mailbox: "g@one.test" }));
    done(await spool.accept(message("M21", to("u@one.test"))));
    expect(fates(spool).length).toBeLessThanOrEqual(10);
    expect(spool.page(0, 100).entries.at(0)?.message).toBe("M16");
  }));
