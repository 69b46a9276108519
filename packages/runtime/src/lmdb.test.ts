/** A commit is durable or a value, also when the disk takes no more: the process goes on, and its outcomes are true. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { reserveBytes } from "./lmdb-room.ts";
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

test.each(["store.mdb", "store"])("nobody else may read what it makes, a file or a folder (%s)", async (name) => {
  await using home = await folder();
  const path = join(home.path, "made", name);
  const root = openLmdb<number, string>({ path });
  await root.close();
  const made = await readdir(join(home.path, "made"), { recursive: true, withFileTypes: true });
  const modes = await Promise.all(made.map(async (one) => (await stat(join(one.parentPath, one.name))).mode & 0o077));
  expect([(await stat(join(home.path, "made"))).mode & 0o777, ...new Set(modes)]).toEqual([0o700, 0]);
});

// Each small change is followed by one that the disk refuses: in the same commit, or in the next when its own is on its
// way already. Which of the two it is the machine decides; what must hold is the same.
const crowded = (file: string, rounds: number): string => `
  import { setImmediate } from "node:timers/promises";
  import { openLmdb, transact, transactFromReserve } from "./lmdb.ts";
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
  const after = await transactFromReserve(root, () => void root.put("after", 1));
  process.stdout.write(JSON.stringify({ wrong, kinds: [...kinds].sort(), after: after.kind }));
  await root.close();`;

/** Runs a module under a limit on the size of its files; what it printed. `kibibytes`: of one file. */
async function underLimit(script: string, kibibytes: number): Promise<unknown> {
  const child = spawn(
    "bash",
    ["-c", `ulimit -S -f ${kibibytes}; exec "$@"`, "bash", process.execPath, "--input-type=module", "-e", script],
    { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "ignore"] },
  );
  const exited = once(child, "exit");
  const said = await text(child.stdout);
  expect(await exited).toEqual([0, null]);
  return JSON.parse(said);
}

test(
  "on a full disk a commit fails as a value, for itself and not for one that was durable before",
  { timeout: 60_000 },
  async () => {
    await using home = await folder();
    const said = await underLimit(crowded(join(home.path, "store.mdb"), 60), 4096);
    const { wrong, kinds, after } = said as { wrong: string[]; kinds: string[]; after: string };
    expect({ wrong, after }).toEqual({ wrong: [], after: "durable" });
    expect(kinds).toEqual(expect.arrayContaining(["alone durable", "large failed"]));
  },
);

// Twelve megabytes, filled to the last page, and then batches whose pages all lie beyond them: where LMDB itself meets the
// refusal it reports, the report is longer than its buffer.
const filled = (file: string): string => `
  import { execFileSync } from "node:child_process";
  import { openLmdb, transact, transactFromReserve } from "./lmdb.ts";
  const root = openLmdb({ path: ${JSON.stringify(file)} });
  const fill = async (name, bytes) => {
    for (let n = 0; n < 10_000; n++)
      if ((await transact(root, () => void root.put(name + n, "x".repeat(bytes)))).kind === "failed") return n;
  };
  const large = await fill("large", 120_000);
  await fill("small", 1_500);
  await fill("tiny", 10);
  const kinds = new Set();
  for (let n = 0; n < 50; n++) {
    const made = Array.from({ length: 14 }, (_, i) =>
      transact(root, () => void root.put("more" + n + "-" + i, "x".repeat(120_000))));
    for (const { kind } of await Promise.all(made)) kinds.add(kind);
  }
  const taken = [];
  for (let n = 0; n < large; n++) taken.push((await transactFromReserve(root, () => void root.remove("large" + n))).kind);
  execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
  const again = await transact(root, () => void root.put("again", "x".repeat(120_000)));
  process.stdout.write(JSON.stringify({ kinds: [...kinds], taken: [...new Set(taken)], again: again.kind }));
  await root.close();`;

// Making room again takes prlimit, which only Linux has.
test.runIf(process.platform === "linux")(
  "a store filled to its last page refuses, takes things out, and goes on when there is room again",
  { timeout: 60_000 },
  async () => {
    await using home = await folder();
    expect(await underLimit(filled(join(home.path, "store.mdb")), 12_000)).toEqual({
      kinds: ["failed"],
      taken: ["durable"],
      again: "durable",
    });
  },
);

test("what is changed outside a transaction is a mistake, since nobody asked the disk for room", async () => {
  await using home = await folder();
  const root = openLmdb<number, string>({ path: join(home.path, "store.mdb") });
  expect(() => root.put("a", 1)).toThrow("a store is changed in a transaction only");
  await root.close();
});

test("a store's files are on the disk in full before anything is written through a map or to a page", async () => {
  await using home = await folder();
  const root = openLmdb<number, string>({ path: join(home.path, "store.mdb") });
  await transact(root, () => void root.put("a", 1));
  const blocks = async (name: string): Promise<boolean> => {
    const { size, blocks: of512 } = await stat(join(home.path, name));
    return size > 0 && of512 * 512 >= size;
  };
  expect(await blocks("store.mdb-lock")).toBe(true);
  expect(await blocks("store.mdb")).toBe(true);
  expect((await stat(join(home.path, "store.mdb"))).size).toBeGreaterThan(reserveBytes);
  await root.close();
});

test("a wait ends with what was made, or with its time", async () => {
  expect(await waitAtMost(Promise.resolve("made"), 60_000, () => "late")).toBe("made");
  expect(await waitAtMost(new Promise<string>(() => {}), 1, () => "late")).toBe("late");
  await expect(waitAtMost(Promise.reject(new Error("broken")), 60_000, () => "late")).rejects.toThrow("broken");
});
