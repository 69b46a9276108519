import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock, type Hasher } from "@cordon/runtime";
import { flawOfPhc } from "./phc.ts";
import { createLmdbStore } from "./store-lmdb.ts";
import { phc, temporaryFolder } from "./test-support.ts";
import { createVerifiedRecently } from "./verified-recently.ts";
import { verify } from "./verify.ts";

const clock = systemClock;

test("whoever is asked for, a hash of the same cost is compared: the user's own, or the one that stands for nobody", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "store.mdb");
  const store = createLmdbStore({ file, clock, revisionPollMs: 5, waitingReads: 1, pendingCommits: 4 });
  await store.takeTerm(1, true);
  const common = { kind: "user", userId: "id", tenant: "a.example", phc, credentialEpoch: 0 } as const;
  const idn = { ...common, tenant: "xn--bcher-kva.example", address: "z@xn--bcher-kva.example", disabled: false };
  await store.commit(1, [
    { content: idn, expected: 0 },
    { content: { ...common, address: "u@a.example", disabled: false }, expected: 0 },
    { content: { ...common, address: "gone@a.example", disabled: true }, expected: 0 },
    { content: { kind: "alias", address: "v@a.example", target: "u@a.example", credentialEpoch: 0 }, expected: 0 },
  ]);
  const compared: string[] = [];
  const hasher: Hasher = {
    verify: async (given) => {
      compared.push(given);
      return { kind: "differs" };
    },
    hash: async () => ({ kind: "busy", retryAfterMs: 1 }),
    close: async () => {},
  };
  const dummy = phc.replace(/[^$]+$/, "A".repeat(43));
  const parts = { store, hasher, recently: createVerifiedRecently("off", Buffer.alloc(32), clock), dummy };
  const kinds: string[] = [];
  for (const address of [
    "u@a.example",
    "gone@a.example",
    "v@a.example",
    "nobody@a.example",
    "nonsense",
    "z@B\u00fccher.example",
  ]) {
    const result = await verify(parts, { address, password: "x" }, 0, clock.now() + 1000);
    kinds.push(result.kind === "answered" ? result.answer.kind : result.kind);
  }
  await store.close();
  expect(kinds).toEqual(["mismatch", "disabled", "unknown", "unknown", "unknown", "mismatch"]);
  expect(compared).toEqual([phc, phc, dummy, dummy, dummy, phc]);
  expect(compared.map((given) => flawOfPhc(given))).toEqual(compared.map(() => undefined));
});
