/**
 * The suite every store of a partition must pass: a list of sentences, each with what proves it, so that any runner can run
 * it and a new kind of store brings nothing but a way to be made. `open` gives another participant in the same data, as
 * another role instance would have; the first of them in each sentence is the one that takes a term.
 */
import assert from "node:assert/strict";
import type { Clock } from "@cordon/model";
import type { Change, Content, Store } from "./store.ts";

export interface StoreGroup extends AsyncDisposable {
  readonly clock: Clock;
  /** One more participant; all are closed with the group. */
  open(): Store;
}

export interface Sentence {
  readonly says: string;
  readonly prove: () => Promise<void>;
}

const soonMs = 30;
const lookMs = 1000;
const enoughMs = 5000;
const importBatch = 500;

const user = (address: string, phc = "phc"): Content => ({
  kind: "user",
  address,
  userId: `id of ${address}`,
  tenant: "a.example",
  phc,
  disabled: false,
  credentialEpoch: 0,
});
const put = (content: Content, expected = 0): Change => ({ content, expected });

/** A participant that has taken `term`. */
async function writer(group: StoreGroup, term: number): Promise<Store> {
  const store = group.open();
  assert.deepEqual(await store.takeTerm(term, true), { kind: "taken" });
  return store;
}

export function storeContract(make: () => Promise<StoreGroup>): readonly Sentence[] {
  const sentence = (says: string, prove: (group: StoreGroup) => Promise<void>): Sentence => ({
    says,
    prove: async () => {
      await using group = await make();
      await prove(group);
    },
  });
  return [...writing(sentence), ...reading(sentence), ...terms(sentence)];
}

type Say = (says: string, prove: (group: StoreGroup) => Promise<void>) => Sentence;

const writing = (sentence: Say): Sentence[] => [
  sentence("before its first writer a store is unavailable: what is not there may be what was lost", async (group) => {
    const store = group.open();
    assert.equal((await store.get("u@a.example")).kind, "unavailable");
    assert.equal((await store.position()).kind, "unavailable");
    assert.equal((await store.readAtLeast("u@a.example", 0, group.clock.now() + soonMs)).kind, "unavailable");
  }),
  sentence("an empty partition stands at revision 0 and has no record", async (group) => {
    const store = await writer(group, 1);
    assert.deepEqual(await store.position(), { kind: "position", term: 1, revision: 0 });
    assert.deepEqual(await store.get("u@a.example"), { kind: "absent" });
  }),
  sentence("each record written raises the revision by one and carries it", async (group) => {
    const store = await writer(group, 1);
    const committed = await store.commit(1, [put(user("u@a.example")), put(user("v@a.example"))]);
    assert.deepEqual(committed, {
      kind: "committed",
      outcomes: [
        { kind: "written", revision: 1 },
        { kind: "written", revision: 2 },
      ],
      revision: 2,
    });
    assert.deepEqual(await store.get("v@a.example"), {
      kind: "record",
      record: { ...user("v@a.example"), revision: 2 },
    });
    assert.deepEqual(await store.position(), { kind: "position", term: 1, revision: 2 });
  }),
  sentence("a write over a revision that is not the newest is a conflict and changes nothing", async (group) => {
    const store = await writer(group, 1);
    await store.commit(1, [put(user("u@a.example", "first"))]);
    await store.commit(1, [put(user("u@a.example", "second"), 1)]);
    const found = { ...user("u@a.example", "second"), revision: 2 };
    assert.deepEqual(await store.commit(1, [put(user("u@a.example", "third"), 1)]), {
      kind: "committed",
      outcomes: [{ kind: "conflict", found }],
      revision: 2,
    });
    assert.deepEqual(await store.get("u@a.example"), { kind: "record", record: found });
  }),
  sentence("a conflict stops no other change of its batch", async (group) => {
    const store = await writer(group, 1);
    const batch = [put(user("u@a.example")), put(user("u@a.example")), put(user("v@a.example"))];
    const committed = await store.commit(1, batch);
    assert.equal(committed.kind, "committed");
    assert.deepEqual(committed.kind === "committed" && committed.outcomes.map(({ kind }) => kind), [
      "written",
      "conflict",
      "written",
    ]);
  }),
  sentence("every kind of record comes back as it was written, whatever its letters", async (group) => {
    const store = await writer(group, 1);
    const contents: readonly Content[] = [
      { ...user('"ü\\ 1"@a.example'), credentialEpoch: 7 },
      { kind: "alias", address: "l@a.example", target: "größe:1@b.example", credentialEpoch: 1 },
      { kind: "group", address: "g@a.example", members: ["u@a.example", "\u{1f4ec}@b.example"], credentialEpoch: 0 },
      { kind: "group", address: "h@a.example", members: [], credentialEpoch: 0 },
      { kind: "removed", address: "r@a.example", credentialEpoch: 2 },
    ];
    const changes = contents.map((content) => put(content));
    await store.commit(1, changes);
    const other = group.open();
    for (const [index, content] of contents.entries())
      assert.deepEqual(await other.get(content.address), {
        kind: "record",
        record: { ...content, revision: index + 1 },
      });
    const again = await store.commit(1, changes);
    assert.deepEqual(
      again.kind === "committed" && again.outcomes,
      contents.map((content, index) => ({ kind: "conflict", found: { ...content, revision: index + 1 } })),
    );
  }),
  sentence("a batch as large as an import's is written whole", async (group) => {
    const store = await writer(group, 1);
    const batch = Array.from({ length: importBatch }, (_, index) => put(user(`u${index}@a.example`)));
    const committed = await store.commit(1, batch);
    assert.equal(committed.kind === "committed" && committed.revision, importBatch);
    const last = await group.open().get(`u${importBatch - 1}@a.example`);
    assert.equal(last.kind === "record" && last.record.revision, importBatch);
  }),
  sentence("of many writes over one revision exactly one is made", async (group) => {
    const store = await writer(group, 1);
    await store.commit(1, [put(user("u@a.example"))]);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.commit(1, [put(user("u@a.example", `phc ${index}`), 1)])),
    );
    const kinds = results.flatMap((result) => (result.kind === "committed" ? result.outcomes : []));
    assert.equal(kinds.length, 20);
    assert.equal(kinds.filter(({ kind }) => kind === "written").length, 1);
    assert.deepEqual(await store.position(), { kind: "position", term: 1, revision: 2 });
  }),
  sentence("what was acknowledged is there when the store is opened again", async (group) => {
    const store = await writer(group, 3);
    await store.commit(3, [put(user("u@a.example"))]);
    await store.close();
    const again = group.open();
    assert.deepEqual(await again.get("u@a.example"), {
      kind: "record",
      record: { ...user("u@a.example"), revision: 1 },
    });
    assert.deepEqual(await again.position(), { kind: "position", term: 3, revision: 1 });
  }),
];

const reading = (sentence: Say): Sentence[] => [
  sentence("another participant reads what was acknowledged, at once", async (group) => {
    const store = await writer(group, 1);
    const other = group.open();
    assert.deepEqual(await other.get("u@a.example"), { kind: "absent" });
    for (let round = 0; round < 20; round++) {
      await store.commit(1, [put(user("u@a.example", `phc ${round}`), round)]);
      const seen = await other.get("u@a.example");
      assert.equal(seen.kind === "record" && seen.record.revision, round + 1);
    }
  }),
  sentence("a read that asks for a revision waits for it", async (group) => {
    const store = await writer(group, 1);
    const other = group.open();
    const answer = other.readAtLeast("u@a.example", 1, group.clock.now() + enoughMs);
    await store.commit(1, [put(user("u@a.example"))]);
    assert.deepEqual(await answer, { kind: "record", record: { ...user("u@a.example"), revision: 1 } });
  }),
  sentence("a read for a revision that does not come says so, and is never answered from before it", async (group) => {
    const store = await writer(group, 1);
    await store.commit(1, [put(user("u@a.example"))]);
    // Long enough for a first look on a host that others keep busy: without one it would not know how far behind it is.
    const answer = await group.open().readAtLeast("u@a.example", 2, group.clock.now() + lookMs);
    assert.deepEqual(answer, { kind: "behind", revision: 1 });
  }),
  sentence("a scan tells every record in order of address", async (group) => {
    const store = await writer(group, 1);
    await store.commit(1, [put(user("v@a.example")), put(user("u@a.example"))]);
    const addresses: string[] = [];
    for await (const record of store.scan()) addresses.push(record.address);
    assert.deepEqual(addresses, ["u@a.example", "v@a.example"]);
  }),
  sentence("a closed store is unavailable", async (group) => {
    const store = await writer(group, 1);
    await store.close();
    assert.equal((await store.get("u@a.example")).kind, "unavailable");
    assert.equal((await store.commit(1, [put(user("u@a.example"))])).kind, "unavailable");
    assert.equal((await store.takeTerm(2, true)).kind, "unavailable");
  }),
];

const terms = (sentence: Say): Sentence[] => [
  sentence("a term is taken again by the same writer, and never gone back to", async (group) => {
    const store = await writer(group, 2);
    assert.deepEqual(await store.takeTerm(2, true), { kind: "taken" });
    assert.deepEqual(await group.open().takeTerm(1, true), { kind: "stale-term", term: 2 });
    assert.deepEqual(await store.position(), { kind: "position", term: 2, revision: 0 });
  }),
  sentence("an empty store is begun only where it may be, and is else unavailable, and not empty", async (group) => {
    const store = group.open();
    assert.equal((await store.takeTerm(2, false)).kind, "unavailable");
    assert.equal((await store.get("u@a.example")).kind, "unavailable");
    assert.equal((await store.position()).kind, "unavailable");
    assert.deepEqual(await store.takeTerm(2, true), { kind: "taken" });
    assert.deepEqual(await group.open().takeTerm(3, false), { kind: "taken" });
  }),
  sentence("nobody writes who has not taken a term", async (group) => {
    const store = await writer(group, 1);
    assert.notEqual((await group.open().commit(1, [put(user("u@a.example"))])).kind, "committed");
    assert.notEqual((await store.commit(2, [put(user("u@a.example"))])).kind, "committed");
    assert.deepEqual(await store.get("u@a.example"), { kind: "absent" });
  }),
  sentence("an old writer writes nothing once another has taken a later term", async (group) => {
    const old = await writer(group, 1);
    await old.commit(1, [put(user("u@a.example", "old"))]);
    const next = await writer(group, 2);
    assert.deepEqual(await old.commit(1, [put(user("u@a.example", "late"), 1)]), { kind: "stale-term", term: 2 });
    assert.equal((await next.commit(2, [put(user("u@a.example", "new"), 1)])).kind, "committed");
    assert.deepEqual(await old.get("u@a.example"), {
      kind: "record",
      record: { ...user("u@a.example", "new"), revision: 2 },
    });
  }),
  sentence("a write that is overtaken by a later term is either whole before it or not at all", async (group) => {
    const old = await writer(group, 1);
    const other = group.open();
    const [committed, taken] = await Promise.all([old.commit(1, [put(user("u@a.example"))]), other.takeTerm(2, true)]);
    assert.deepEqual(taken, { kind: "taken" });
    const seen = await other.get("u@a.example");
    assert.equal(seen.kind, committed.kind === "committed" ? "record" : "absent");
  }),
];
