/** What `--dry-run` says, of every command that has it: a person's text, JSON of the published form, and nothing started. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planDrill } from "@cordon/drill";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";
import { optionsOf, type RunFlags } from "./run-options.ts";

const flagship = "2014-06-directory-partition";
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-cli-dry-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const cordon = (...words: readonly string[]): Promise<End> => cordonIn(folder, words);

const usual: RunFlags = { profile: "quick", sides: "off,on", set: [], store: "lmdb", seed: "s" };
const planOf = (flags: Partial<RunFlags>, times = 1) => planDrill(optionsOf(flagship, { ...usual, ...flags }), times);

describe("a dry run", () => {
  test.each<[string, readonly string[]]>([
    ["run", ["run", flagship]],
    ["all", ["all"]],
    ["repeat", ["repeat", flagship, "-n", "20"]],
    ["ablate", ["ablate", flagship]],
  ])("of %s is told in 80 columns, and starts and writes nothing", async (_, words) => {
    const { code, stdout, stderr } = await cordon("drill", ...words, "--dry-run", "--seed", "7f3a");
    expect([code, stderr]).toEqual([0, "exit 0: ok\n"]);
    expect(stdout).toMatch(/^DRY RUN {4}nothing is started\n/);
    expect(stdout).toContain("7f3a");
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("waits for a lab as long as it is told, and else as up does", () => {
    const withinMs = (flags: Partial<RunFlags>) => optionsOf(flagship, { ...usual, ...flags }).readyWithinMs;
    expect([withinMs({}), withinMs({ readyWithin: "2m" })]).toEqual([30_000, 120_000]);
  });

  test("has the published form", async () => {
    const { stdout } = await cordon("drill", "run", flagship, "--dry-run", "--json", "--set", "users=64");
    const value: unknown = JSON.parse(stdout);
    const check = checkOf("plan");
    expect([check(value), check.errors]).toEqual([true, null]);
    expect(value).toMatchObject({ plans: [{ profile: { users: 64 }, compares: false }] });
    expect(check({ schema: "cordon.plan/1", plans: [{}] })).toBe(false);
  });

  test("tells the sides, limits and sizes of the run that would follow", () => {
    const plan = planOf({ off: "failover", set: ["users=64"] });
    expect(plan.sides.find(({ preset }) => preset === "on")?.disabled).toEqual(["failover"]);
    expect(plan.limits.map(({ id }) => id)).not.toContain("failover");
    expect(plan).toMatchObject({ compares: false, runs: { count: 1, sides: 2 }, profile: { users: 64 } });
    expect(plan.out).toBe(join("out", `${flagship}-without-failover-users64-s`));
  });

  test("has the sides in the order that the seed chooses, the same each time", () => {
    const firstOf = (seed: string): string | undefined => planOf({ seed }).sides[0]?.preset;
    const seeds = ["a", "b", "c", "d", "e", "f", "g", "h"];
    expect(new Set(seeds.map(firstOf))).toEqual(new Set(["off", "on"]));
    expect(seeds.map(firstOf)).toEqual(seeds.map(firstOf));
  });

  test("of a series counts both sides twice and the candidate alone after that", () => {
    expect(planOf({}, 20).runs).toMatchObject({ count: 20, sides: 22 });
    expect(planOf({}, 1).runs).toMatchObject({ count: 1, sides: 2 });
    expect(planOf({ sides: "on" }, 5).runs).toMatchObject({ sides: 5 });
  });

  test("of an ablation has the published form, and can be of some protections alone", async () => {
    const { stdout } = await cordon("drill", "ablate", flagship, "--only", "breaker,bulkhead", "--dry-run", "--json");
    const value: unknown = JSON.parse(stdout);
    const check = checkOf("ablation-plan");
    expect([check(value), check.errors]).toEqual([true, null]);
    expect(value).toMatchObject({ pairs: ["partition-without-breaker-bulkhead-1"] });
  });
});

describe("a mistake", () => {
  test.each<[string, readonly string[], string]>([
    ["a file for JUnit in no folder", ["run", flagship, "--junit", join("taken", "x.xml")], "give --junit FILE"],
    ["a file for JUnit that is a folder", ["run", flagship, "--junit", "."], "give a file, as in out/junit.xml"],
    ["a file for JUnit that is one, of a dry run", ["all", "--junit", "new/", "--dry-run"], "give a file"],
    ["a file for JUnit where no folder is made", ["run", flagship, "--junit", "/proc/no/x.xml"], "give --junit FILE"],
    ["a protection to leave out", ["ablate", flagship, "--only", "lane"], "did you mean 'lanes'?"],
    ["how often an ablation runs", ["ablate", flagship, "-n", "0"], "give a whole number from 1 to 20"],
    ["a run that goes on without its seed", ["ablate", flagship, "--resume"], "give the --seed"],
    ["an unknown drill to ablate", ["ablate", "2014-06-directory-partitoin"], `did you mean '${flagship}'?`],
    ["an unknown setting, of all drills", ["all", "--set", "partition=4"], "did you mean 'partitions'?"],
    ["a seed, of a series", ["repeat", flagship, "--seed", "../x"], "letters, digits"],
  ])("in %s is refused before anything is started", async (_, words, right) => {
    writeFileSync(join(folder, "taken"), "");
    const { code, stdout, stderr } = await cordon("drill", ...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(right);
    expect(existsSync(join(folder, ".cordon"))).toBe(false);
  });
});

describe("halt", () => {
  test("says so when no drill is running, which is no failure", async () => {
    const { code, stdout } = await cordon("drill", "halt");
    expect([code, stdout]).toEqual([0, "no drill is running here\n"]);
    const json = await cordon("drill", "halt", "--json");
    const check = checkOf("halt");
    expect([check(JSON.parse(json.stdout)), check.errors]).toEqual([true, null]);
  });
});
