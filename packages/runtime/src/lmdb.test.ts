/** A commit is durable or a value, also when the disk takes no more: the process goes on, and its outcomes are true. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openLmdb, transact, waitAtMost } from "./lmdb.ts";

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "cordon-lmdb-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("a transaction is whole or not at all, and one that throws does not trouble its neighbours", async () => {
  await using home = await folder();
  const root = openLmdb<number, string>({ path: join(home.path, "store.mdb") });
  const mistake = new Error("mine");
  const results = await Promise.all([
    transact(root, () => {
      void root.put("a", 1);
      return "first";
    }),
    transact(root, () => {
      void root.put("b", 2);
      throw mistake;
    }),
    transact(root, () => root.get("a")),
  ]);
  expect(results).toEqual([
    { kind: "durable", value: "first" },
    { kind: "failed", error: mistake },
    { kind: "durable", value: 1 },
  ]);
  expect([...root.getKeys()]).toEqual(["a"]);
  await root.close();
  expect(await transact(root, () => 1)).toMatchObject({ kind: "failed" });
});

// Each small change is followed by one that the disk refuses: in the same commit, or in the next when its own is on its
// way already. Which of the two it is the machine decides; what must hold is the same.
const crowded = (file: string, rounds: number): string => `
  import { setImmediate } from "node:timers/promises";
  import { openLmdb, transact } from "./lmdb.ts";
  const root = openLmdb({ path: ${JSON.stringify(file)} });
  const wrong = [];
  const kinds = new Set();
  for (let round = 0; round < ${rounds}; round++) {
    const alone = transact(root, () => void root.put("alone" + round, round));
    await alone;
    const small = transact(root, () => void root.put("small" + round, round));
    for (let turn = 0; turn < round % 10; turn++) await setImmediate();
    const large = transact(root, () => void root.put("large" + round, "x".repeat(4_000_000)));
    for (const [name, made] of Object.entries({ alone, small, large })) {
      const { kind } = await made;
      root.resetReadTxn();
      kinds.add(name + " " + kind);
      if (root.doesExist(name + round) !== (kind === "durable")) wrong.push(name + round);
    }
  }
  const after = await transact(root, () => void root.put("after", 1));
  process.stdout.write(JSON.stringify({ wrong, kinds: [...kinds].sort(), after: after.kind }));
  await root.close();`;

test(
  "on a full disk a commit fails as a value, for itself and not for one that was durable before",
  { timeout: 60_000 },
  async () => {
    await using home = await folder();
    const script = crowded(join(home.path, "store.mdb"), 60);
    const child = spawn(
      "bash",
      ["-c", `ulimit -f 1024; exec "$@"`, "bash", process.execPath, "--input-type=module", "-e", script],
      { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "ignore"] },
    );
    const exited = once(child, "exit");
    const said = await text(child.stdout);
    expect(await exited).toEqual([0, null]);
    const { wrong, kinds, after } = JSON.parse(said) as { wrong: string[]; kinds: string[]; after: string };
    expect({ wrong, after }).toEqual({ wrong: [], after: "durable" });
    expect(kinds).toEqual(expect.arrayContaining(["alone durable", "large failed"]));
  },
);

test("a wait ends with what was made, or with its time", async () => {
  expect(await waitAtMost(Promise.resolve("made"), 60_000, () => "late")).toBe("made");
  expect(await waitAtMost(new Promise<string>(() => {}), 1, () => "late")).toBe("late");
  await expect(waitAtMost(Promise.reject(new Error("broken")), 60_000, () => "late")).rejects.toThrow("broken");
});
