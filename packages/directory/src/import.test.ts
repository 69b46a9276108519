import { expect, test } from "vitest";
import type { ImportAnswer } from "@cordon/model";
import { systemClock } from "@cordon/runtime";
import { join } from "node:path";
import { importLines } from "./import.ts";
import { createLmdbStore } from "./store-lmdb.ts";
import type { Store } from "./store.ts";
import { phc, temporaryFolder } from "./test-support.ts";

interface Ground extends AsyncDisposable {
  readonly store: Store;
  take(bytes: AsyncIterable<Buffer>, batchLines?: number): Promise<ImportAnswer | string>;
}

async function ground(): Promise<Ground> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const file = join(folder.path, "store.mdb");
  const store = createLmdbStore({ file, clock: systemClock, revisionPollMs: 5, waitingReads: 1, pendingCommits: 4 });
  stack.defer(() => store.close());
  await store.takeTerm(1, true);
  let next = 0;
  const all = stack.move();
  return {
    store,
    async take(bytes, batchLines = 3) {
      const parts = {
        store,
        bounds: { maxLineBytes: 400, batchLines },
        clock: systemClock,
        newUserId: () => `id ${next++}`,
        onStale: () => {},
      };
      const result = await importLines(parts, bytes, { term: 1, deadline: systemClock.now() + 60_000 });
      return result.kind === "imported" ? result.answer : result.detail;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The bytes in pieces of `size`, so that lines and characters are cut anywhere. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const lines = (...all: unknown[]): Buffer =>
  Buffer.from(all.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));

test("good lines are stored and bad ones reported with their numbers, however the stream is cut", async () => {
  const bytes = Buffer.concat([
    lines(
      { address: "Zoë@a.example", phc },
      "",
      "rubbish",
      { address: "v@a.example", alias: "Zoë@a.example" },
      { address: "w@a.example" },
      { address: "x@a.example", phc: "$2b$10$not argon2id at all" },
      { address: "x@a.example", phc: phc.replace("t=2", "t=900") },
      { address: "nowhere", phc },
      { address: "all@a.example", group: ["v@a.example"] },
      { address: "y@a.example", phc, alias: "v@a.example" },
      `{"address":"${"y".repeat(500)}"}`,
      { address: "off@a.example", phc, disabled: true },
      "[1,2]",
      "",
    ),
    Buffer.from([0xff, 0xfe, 0x0a]),
    lines({ address: "v@a.example", alias: "other@a.example" }),
  ]);
  for (const size of [1, 7, 100_000]) {
    await using it = await ground();
    expect(await it.take(pieces(bytes, size))).toEqual({
      imported: 4,
      refused: [
        { line: 3, reason: "is not JSON" },
        { line: 5, reason: "must be {address, phc, disabled?}, {address, alias} or {address, group}" },
        { line: 6, reason: "must be {address, phc, disabled?}, {address, alias} or {address, group}" },
        { line: 7, reason: "phc: must be an argon2id hash of cost v=19,m=19456,t=2,p=1" },
        { line: 8, reason: "address: is not a mail address" },
        { line: 10, reason: "must be {address, phc, disabled?}, {address, alias} or {address, group}" },
        { line: 11, reason: "is longer than 400 bytes" },
        { line: 13, reason: "must be {address, phc, disabled?}, {address, alias} or {address, group}" },
        { line: 14, reason: "is not UTF-8" },
        { line: 15, reason: "address: is a alias already, and not the same" },
      ],
      revision: 4,
    });
    const kinds: string[] = [];
    for await (const record of it.store.scan()) kinds.push(`${record.address} ${record.kind}`);
    expect(kinds).toEqual(["all@a.example group", "off@a.example user", "v@a.example alias", "zoë@a.example user"]);
  }
});

test("an import that broke off can be sent again as it is, and overwrites nothing", async () => {
  await using it = await ground();
  const bytes = lines({ address: "u@a.example", phc }, { address: "v@a.example", phc });
  await it.take(pieces(bytes, 50));
  const before = await it.store.get("u@a.example");
  expect(await it.take(pieces(bytes, 50))).toEqual({ imported: 2, refused: [], revision: 2 });
  const other = phc.replace("$EyV", "$AAA");
  expect(await it.take(pieces(lines({ address: "u@a.example", phc: other }), 50))).toMatchObject({
    imported: 0,
    refused: [{ line: 1 }],
  });
  expect(await it.store.get("u@a.example")).toEqual(before);
});

test("no more than a hundred refusals are told", async () => {
  await using it = await ground();
  const answer = await it.take(pieces(Buffer.from("rubbish\n".repeat(300)), 64));
  expect(answer).toMatchObject({ imported: 0, refused: { length: 100 } });
});

test("a writer that is no longer one stops importing and says how far it came", async () => {
  await using it = await ground();
  async function* overtaken(): AsyncGenerator<Buffer> {
    yield lines({ address: "u@a.example", phc }, { address: "v@a.example", phc }, { address: "w@a.example", phc }, "");
    await it.store.takeTerm(2, true);
    yield lines({ address: "x@a.example", phc });
  }
  expect(await it.take(overtaken())).toBe("the import broke off after 3 lines; send it again as it is");
});

test("bytes are asked for only when the batch before them is stored", async () => {
  await using it = await ground();
  const seen: number[] = [];
  async function* watched(): AsyncGenerator<Buffer> {
    for (let line = 0; line < 4; line++) {
      const position = await it.store.position();
      seen.push(position.kind === "position" ? position.revision : -1);
      yield lines({ address: `u${line}@a.example`, phc }, "");
    }
  }
  await it.take(watched(), 1);
  expect(seen).toEqual([0, 1, 2, 3]);
});
