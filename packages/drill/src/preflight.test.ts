import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasProc, identityOf } from "@cordon/runtime";
import { describe, expect, test } from "vitest";
import { journalFile, openJournal, runDir } from "@cordon/lab";
import { examine, flawOfTemporary, readGround, type Ground } from "./preflight.ts";

const sound: Ground = {
  cores: 2,
  othersShare: 0.04,
  hasProc: true,
  socketPath: "/tmp/cordon-00000000/link",
  temporary: { folder: "/tmp", flaw: null },
  freeBytes: { here: 1_000_000_000 },
  earlier: [],
  others: [],
  abandoned: [],
};
const silent = { kind: "silent-partition" } as const;
const frozen = { kind: "frozen-instance" } as const;

/** What is not ok. */
const remarks = (ground: Partial<Ground>, fault: typeof silent | typeof frozen = silent): readonly string[] =>
  examine({ ...sound, ...ground }, fault)
    .filter(({ state }) => state !== "ok")
    .map(({ name, state }) => `${name} ${state}`);

describe("the preflight", () => {
  test("names each check and what it found, in one order", () => {
    expect(examine(sound, silent)).toEqual([
      { name: "cores", state: "ok", detail: "2 cores" },
      { name: "load", state: "ok", detail: "other processes take 4 % of all cores" },
      { name: "proc", state: "ok", detail: "/proc tells processes apart" },
      { name: "sockets", state: "ok", detail: "socket path of 25 bytes, 103 fit" },
      { name: "temp", state: "ok", detail: "/tmp takes files and sockets" },
      { name: "disk", state: "ok", detail: "1000 MB of disk free, 256 wanted" },
      { name: "labs", state: "ok", detail: "no other lab runs here" },
    ]);
  });

  test.each<[string, Partial<Ground>, string]>([
    ["a socket path that the system would cut off", { socketPath: `/${"t".repeat(103)}` }, "sockets failed"],
    ["a temporary folder that takes nothing", { temporary: { folder: "/t", flaw: "nothing can" } }, "temp failed"],
    ["a disk that a run could fill", { freeBytes: { here: 255_999_999, out: 1e12 } }, "disk failed"],
    ["the same run under way", { earlier: [{ runId: "s-on", state: "living" }] }, "labs failed"],
    ["what a killed run left", { earlier: [{ runId: "s-on", state: "abandoned" }] }, "labs failed"],
    ["a machine that others have", { othersShare: 0.26 }, "load warning"],
    ["a machine that does not tell its load", { othersShare: null }, "load warning"],
    ["one core", { cores: 1 }, "cores warning"],
    ["a system without /proc", { hasProc: false }, "proc warning"],
    ["a system that does not tell its free disk", { freeBytes: {} }, "disk warning"],
    ["another lab beside it", { others: ["t-on"] }, "labs warning"],
    ["what a killed run of another seed left", { abandoned: ["t-on"], others: ["u-on"] }, "labs failed"],
  ])("remarks on %s", (_, ground, said) => {
    expect(remarks(ground)).toEqual([said]);
  });

  test("names the share that others take, and refuses nothing for it", () => {
    const [, load] = examine({ ...sound, othersShare: 0.93 }, silent);
    const detail = "other processes take 93 % of all cores: the run may prove nothing; let them end, and try again";
    expect(load).toEqual({ name: "load", state: "warning", detail });
  });

  test("lets the same seed run again once the earlier run is over", () => {
    expect(remarks({ earlier: [{ runId: "s-on", state: "closed" }] })).toEqual([]);
  });

  test("refuses to freeze a process where none can be told from another", () => {
    expect(remarks({ hasProc: false }, frozen)).toEqual(["proc failed"]);
  });
});

describe("what an earlier run left", () => {
  /** A root with the folders of three runs: one that this process runs, one whose runner is gone, one that is over. */
  function rootOfRuns() {
    const root = mkdtempSync(join(tmpdir(), "cordon-preflight-"));
    const gone = { pid: process.pid, startTicks: identityOf(process.pid).startTicks + 1 };
    for (const [runId, runner] of [
      ["living", identityOf(process.pid)],
      ["abandoned", gone],
      ["closed", gone],
    ] as const) {
      mkdirSync(runDir(root, runId), { recursive: true });
      const journal = openJournal(journalFile(runDir(root, runId)));
      journal.begin(runId, runner);
      if (runId === "closed") journal.closed();
    }
    return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
  }

  // A process is told from its successor by its start time, which is in /proc.
  test.skipIf(!hasProc())("is told by its journal", async () => {
    using runs = rootOfRuns();
    const { earlier } = await readGround(runs.root, "out", ["abandoned", "living", "closed", "new"]);
    expect(earlier).toEqual([
      { runId: "abandoned", state: "abandoned" },
      { runId: "living", state: "living" },
      { runId: "closed", state: "closed" },
    ]);
  });

  // Which run lives is told by /proc.
  test.skipIf(!hasProc())("disturbs a run from its first moment on, ready or not", async () => {
    using runs = rootOfRuns();
    expect((await readGround(runs.root, "out", ["new"])).others).toEqual(["living"]);
    expect((await readGround(runs.root, "out", ["living"])).others).toEqual([]);
    expect((await readGround(runs.root, "out", ["new"])).abandoned).toEqual(["abandoned"]);
    expect((await readGround(join(runs.root, "nowhere"), "out", [])).others).toEqual([]);
  });

  test("says the room that is left where a folder is to be made", async () => {
    using runs = rootOfRuns();
    const { freeBytes } = await readGround(runs.root, join("out", "deep"), []);
    expect(Object.keys(freeBytes)).toEqual([runs.root, join(runs.root, "out", "deep")]);
    expect(Math.min(...Object.values(freeBytes))).toBeGreaterThan(0);
  });
});

describe("the temporary folder", () => {
  test("is tried with a file and a socket, and left as it was", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cordon-preflight-"));
    expect(await flawOfTemporary(folder)).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test("that is none, or whose path leaves no room for a socket, is named with what is wrong", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cordon-preflight-"));
    writeFileSync(join(folder, "taken"), "");
    expect(await flawOfTemporary(join(folder, "taken"))).toBe(
      `nothing can be written to ${join(folder, "taken")} (ENOTDIR)`,
    );
    const deep = join(folder, "d".repeat(100));
    mkdirSync(deep);
    expect(await flawOfTemporary(deep)).toMatch(/^no unix socket can be made in .* \(E\w+\)$/);
    expect(readdirSync(deep)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
