/** The commands that start, end and break a lab, as a person meets them where none runs: what they say and how they end. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-cli-lab-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const cordon = (...words: readonly string[]): Promise<End> => cordonIn(folder, words);

describe("a mistake", () => {
  test.each<[string, readonly string[], string]>([
    ["partitions", ["up", "--partitions", "0"], "give a whole number from 1 to 64"],
    ["roles", ["up", "--roles", "nine"], "give a whole number from 1 to 8"],
    ["too few users", ["up", "--partitions", "8", "--users", "15"], "give a whole number from 16 to 100000"],
    ["a time", ["up", "--ready-within", "1d"], "give a time from 1 s to 10 min"],
    ["a store", ["up", "--store", "reddis"], "did you mean 'redis'?"],
    ["a protection", ["up", "--off", "fense"], "did you mean 'fence'?"],
    ["a command", ["statsu"], "did you mean status?"],
    ["a lab's folder", ["down", "--lab", "nowhere"], "is not the folder of a lab"],
    ["a kind of fault", ["fault", "add", "p3", "latencyy"], "did you mean 'latency'?"],
    ["a stream", ["fault", "add", "p3", "latency", "--stream", "upstrem"], "did you mean 'upstream'?"],
    ["a lease", ["fault", "add", "p3", "silent", "--lease", "forever"], "as in 500ms, 30s, 5m or 1h"],
    ["a lease of a kill", ["fault", "add", "p3a", "kill", "--lease", "10s"], "a kill has no lease"],
    ["an attribute", ["fault", "add", "p3", "latency", "--set", "latency"], "give key=number"],
    ["a toxicity", ["fault", "add", "p3", "silent", "--toxicity", "2"], "give a share from 0 to 1"],
    ["a lab to break", ["fault", "list"], "no lab is running"],
  ])("in %s is refused with what would have been right, and nothing is started", async (_, words, right) => {
    const { code, stdout, stderr } = await cordon(...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.toLowerCase()).toContain(right.toLowerCase());
    expect(stderr).toMatch(/exit 2: usage or configuration\n$/);
    expect(existsSync(join(folder, ".cordon"))).toBe(false);
  });
});

test.each(["up", "down", "status", "fault", "fault add", "fault rm", "fault list"])(
  "help of %s fits 80 columns",
  async (words) => {
    const { code, stdout } = await cordon(...words.split(" "), "--help");
    expect(code).toBe(0);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  },
);

describe("where no lab runs", () => {
  test.each([["status"], ["status", "--json"]])("%s says so and how to start one, with exit 3", async (...words) => {
    const { code, stdout, stderr } = await cordon(...words);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^no lab is running here; start one: .* up\nexit 3: no lab is running\n$/);
  });

  test("down has nothing to do, and says that as its schema has it", async () => {
    expect(await cordon("down")).toMatchObject({ code: 0, stdout: "no lab of cordon up is running here\n" });
    const { code, stdout } = await cordon("down", "--json");
    const value: unknown = JSON.parse(stdout);
    const check = checkOf("down");
    expect([code, check(value), check.errors]).toEqual([0, true, null]);
    expect(value).toMatchObject({ dir: null, left: [] });
  });

  test("doctor's JSON is as its schema has it", async () => {
    const check = checkOf("doctor");
    const value: unknown = JSON.parse((await cordon("doctor", "--json")).stdout);
    expect([check(value), check.errors]).toEqual([true, null]);
  });
});
