/** `cordon learn` as a person meets it where no lab has to run: what it says, keeps and refuses. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";
import { findLesson, givenFile, hintsOf } from "./learn/lessons.ts";
import { begun } from "./learn/progress.ts";

let folder = "";
/** Each test starts processes, and a start takes its time on a busy machine. */
const timeout = 90_000;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-learn-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const cordon = (...words: readonly string[]): Promise<End> => cordonIn(folder, words);

function fits(name: string, text: string): void {
  const check = checkOf(name);
  expect([check(JSON.parse(text)), check.errors]).toEqual([true, null]);
}

const stateFile = (): string => join(folder, ".cordon/learn/1.json");

function begin(state: string = JSON.stringify(begun(1, { hurtOutside: 80, mailSeconds: 30 }))): void {
  mkdirSync(dirname(stateFile()), { recursive: true });
  writeFileSync(stateFile(), state);
}

const give = (text: string): void => writeFileSync(join(folder, "lesson-1.yaml"), text);
const given = givenFile(findLesson("1"));

test("the list says how far one is, and what to do next", { timeout }, async () => {
  expect((await cordon("learn", "list")).stdout).toMatch(/^ +1 {2}blast radius and deadlines +10 minutes +not begun\n/);
  const next = async (): Promise<string> => (await cordon("learn", "list")).stdout.split("\n").at(-2) ?? "";
  const progress = begun(1, { hurtOutside: 80, mailSeconds: 30 });
  const figures = { hurtOutside: 100, mailSeconds: 17 };
  const measured = { ...progress, measured: { off: figures, on: figures } };
  expect(await next()).toMatch(/^next .+ learn start 1$/);
  begin(JSON.stringify(measured));
  expect(await next()).toMatch(/^next .+ learn check 1$/);
  begin(JSON.stringify({ ...measured, passed: true }));
  expect(await next()).toMatch(/^next .+ drill list$/);
  begin();
  expect(await next()).toMatch(/^next .+ learn start 1$/);
  const { code, stdout } = await cordon("learn", "list", "--json");
  expect(code).toBe(0);
  fits("learn-list", stdout);
  expect(JSON.parse(stdout)).toMatchObject({ lessons: [{ number: 1, begun: true, passed: false }] });
});

test("hints come one at a time, and the last one stays", { timeout }, async () => {
  const of = hintsOf(findLesson("1")).length;
  const progress = begun(1, { hurtOutside: 80, mailSeconds: 30 });
  for (const [hintsGiven, hint] of [
    [0, 1],
    [of - 1, of],
    [of, of],
  ] as const) {
    begin(JSON.stringify({ ...progress, hintsGiven }));
    const { stdout } = await cordon("learn", "hint", "--json");
    fits("learn-hint", stdout);
    expect(JSON.parse(stdout)).toMatchObject({ lesson: 1, hint, of });
    expect(JSON.parse(readFileSync(stateFile(), "utf8"))).toEqual({ ...progress, hintsGiven: hint });
  }
});

describe("a mistake", { timeout }, () => {
  test.each<[string, readonly string[], string]>([
    ["a lesson there is not", ["start", "2", "--bet", "1,2"], "there is no lesson '2'; did you mean '1'?"],
    ["a bet that is no bet", ["start", "1", "--bet", "most,30"], "give two numbers"],
    ["a share beyond a hundred", ["start", "1", "--bet", "101,30"], "(0 to 100)"],
    ["three numbers", ["start", "1", "--bet", "1,2,3"], "as in --bet 80,30"],
    ["no bet where nobody can be asked", ["start", "1"], "give the bet as an option: --bet 80,30"],
    ["a setting of the drill", ["start", "1", "--bet", "1,2", "--set", "user=4"], "did you mean 'users'?"],
    ["a check of what is not begun", ["check"], "lesson 1 is not begun here"],
    ["a hint for what is not begun", ["hint"], "lesson 1 is not begun here"],
  ])("of %s is refused, and nothing is started or written", async (_, words, right) => {
    const { code, stdout, stderr } = await cordon("learn", ...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(right);
    expect(stderr).toMatch(/exit 2: usage or configuration\n$/);
    expect(existsSync(join(folder, ".cordon"))).toBe(false);
    expect(existsSync(join(folder, "lesson-1.yaml"))).toBe(false);
  });

  test.each<[string, string, RegExp]>([
    ["a number beyond its bounds", given.replace("10000", "0"), /^lesson-1\.yaml:7:13 deadlineMs: must be >= 1\n/],
    ["a word for a number", given.replace("50\n", "many\n"), /^lesson-1\.yaml:4:14 connections: must be integer\n/],
    ["a key that is misspelt", given.replace("deadlineMs", "deadline"), /lesson-1\.yaml:7:1 deadline: is not a key/],
    ["a number that is missing", "connections: 50\n", /^lesson-1\.yaml:1:1 is missing deadlineMs\n/],
    ["what is no YAML", "connections: [50\n", /^lesson-1\.yaml:\d+:\d+ /],
  ])("in the learner's file, %s, is told by its line and column, with a way out", async (_, text, right) => {
    begin();
    give(text);
    const { code, stdout, stderr } = await cordon("learn", "check");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(right);
    expect(stderr).toContain("mend it, or remove lesson-1.yaml and take a fresh one: ");
    expect(existsSync(join(folder, ".cordon/labs"))).toBe(false);
  });

  test("of having removed the learner's file is answered with how to have it again", async () => {
    begin();
    const { code, stderr } = await cordon("learn", "check");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^lesson-1\.yaml is not here; have it given to you: .+ learn start 1\n/);
  });

  test("in what is kept of a lesson is told by its line and column, with how to begin again", async () => {
    begin('{\n  "schema": "cordon.learn-progress/1",\n  "lesson": "one"\n}\n');
    const { code, stderr } = await cordon("learn", "hint");
    expect(code).toBe(2);
    expect(stderr).toMatch(/1\.json:3:13 lesson: must be integer\n/);
    expect(stderr).toContain("begin again, which writes it anew: ");
  });
});
