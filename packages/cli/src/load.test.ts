/**
 * `cordon load` as a person meets it, without a lab: what it refuses, and how it ends against a small server of its own.
 * What is refused before anything is sent is asked of the tree of commands itself; how a run ends takes a process.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkOf, startCordon, type End } from "./cordon.fixture.ts";
import { Refusal } from "./exit.ts";
import { createProgram } from "./program.ts";
import { serve, type SmallServer } from "./small-server.fixture.ts";

const password = "never to be seen";
let folder = "";
let users = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-cli-load-"));
  users = join(folder, "users.ndjson");
  writeFileSync(users, `${JSON.stringify({ user: "a@b.example", password })}\n`);
  writeFileSync(join(folder, "bad.ndjson"), `{"user":"a@b.example","password":"x"}\n${password}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = (...words: readonly string[]) => startCordon(folder, ["load", ...words]);
const load = (...words: readonly string[]): Promise<End> => start(...words).ended;

/** Answers once it has been sent the whole request. */
const serveWhole = (answer: RequestListener): Promise<SmallServer> =>
  serve((request, response) => {
    request.resume().once("end", () => {
      answer(request, response);
    });
  });

const answer: RequestListener = (_, response) =>
  void response.end(JSON.stringify({ token: "t", tokenType: "Bearer", expiresInSeconds: 60, degraded: false }));

describe("a mistake", () => {
  const file = (name: string): string => join(folder, name);
  const elsewhere = (url: string) => ["--url", url, "--users", users];

  test.each<[string, () => readonly string[], string]>([
    [
      "a limit",
      () => ["auth", "--slo", "p99<2s,erors<1%"],
      "at character 8, 'erors': give p50, p95, p99, errors or ok",
    ],
    ["no limit", () => ["mail", "--slo", ""], "at character 1, where nothing stands: give p50"],
    ["a rate", () => ["auth", "--rate", "0"], "--rate 0: give a whole number from 1 to 20000"],
    ["a length", () => ["auth", "--for", "2h"], "--for 2h: give a time from 1 s to 60 min"],
    ["connections", () => ["auth", "--connections", "many"], "give a whole number from 1 to 1024"],
    ["an open loop without a rate", () => ["auth", "--open"], "say how many a second, as in --rate 50"],
    ["an open loop's connections", () => ["auth", "--open", "--rate", "9", "--connections", "9"], "leave it out"],
    [
      "a p99 of too few",
      () => ["mail", "--slo", "p99<1s"],
      "p99<1s: takes 2000 samples, and --rate and --for are 1500",
    ],
    ["too many", () => ["auth", "--rate", "20000", "--for", "1h"], "are 72000000 attempts: at most 2000000 in one run"],
    ["a place without users", () => ["auth", "--url", "http://127.0.0.1:1"], "say who is there, with --users FILE"],
    [
      "a place with a password",
      () => ["auth", "--url", `http://a:${password}@b`],
      "no more than scheme, host and port",
    ],
    ["a place of mail", () => ["mail", ...elsewhere("http://127.0.0.1:1")], "as in smtp://127.0.0.1:2525"],
    ["an unchecked place", () => ["auth", ...elsewhere("https://b.example")], "give --open with https"],
    ["a line of users", () => ["auth", "--users", file("bad.ndjson")], "bad.ndjson:2:1 is not JSON"],
    ["a file of users", () => ["auth", "--users", file("none.ndjson")], "none.ndjson:1:1 cannot be read: ENOENT"],
    ["a lab", () => ["auth", "--lab", folder], "is not the folder of a running lab"],
  ])("in %s is refused with what would have been right, and nothing is sent", async (_, words, right) => {
    const refused = await createProgram(() => {})
      .parseAsync(["load", ...words()], { from: "user" })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ ending: { code: 2 }, message: expect.stringContaining(right) as string });
    expect(String(refused)).not.toContain(password);
  });

  test("in where to is told apart from a broken limit: nothing listens there", async () => {
    const { code, stdout, stderr } = await load("auth", ...elsewhere("http://127.0.0.1:1"));
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("nothing answers at 127.0.0.1:1 (ECONNREFUSED)");
    expect(stderr).toMatch(/exit 3: nothing answers there, nothing was sent\n$/);
  });
});

describe("a load", () => {
  const words = (url: string) => ["auth", "--url", url, "--users", users, "--for", "1s"];

  test("that breaks its limits ends with 4, and prints what it was in 80 columns, passwords apart", async () => {
    await using place = await serveWhole((_, response) => void response.writeHead(503).end());
    const { code, stdout, stderr } = await load(...words(place.url));
    expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([4, "exit 4: broken"]);
    for (const said of ["offered", "sent", "answered", "statuses   503: ", "latency", "VERDICT  BROKEN", " errors<1%"])
      expect(stdout).toContain(said);
    const lines = `${stdout}${stderr}`.split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stdout + stderr).not.toContain(password);
  });

  test("says the same as JSON, which fits its schema and has the exit code in it", async () => {
    await using place = await serveWhole(answer);
    const { code, stdout } = await load(...words(place.url), "--open", "--rate", "10", "--slo", "ok>0%", "--json");
    const report = JSON.parse(stdout) as { readonly verdict: string };
    const check = checkOf("load");
    expect([check(report), check.errors]).toEqual([true, null]);
    expect(report).toMatchObject({ loop: "open", offered: 10, sent: 10, served: 10, exitCode: code });
    // A busy host makes a late generator, which has no verdict; more than that it cannot do.
    expect({ held: 0, "no-verdict": 5 }[report.verdict]).toBe(code);
    expect(stdout).not.toContain(password);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("that is broken off by %s ends with %d, and has the figures so far", async (signal, code) => {
    let heard = 0;
    const running: { child?: ChildProcess } = {};
    await using place = await serveWhole((request, response) => {
      heard += 1;
      if (heard === 5) running.child?.kill(signal);
      answer(request, response);
    });
    const { child, ended } = start(...words(place.url).slice(0, -1), "1h", "--json");
    running.child = child;
    const end = await ended;
    expect(end.code).toBe(code);
    expect(JSON.parse(end.stdout)).toMatchObject({ verdict: "interrupted", exitCode: code });
    expect(end.stderr).toMatch(new RegExp(`exit ${code}: broken off\n$`));
  });
});

test.each([["load"], ["load", "auth"], ["load", "mail"]])("help of %s fits 80 columns", (...words) => {
  const command = words.reduce(
    (from: Command, word) => from.commands.find((one) => one.name() === word) ?? from,
    createProgram(() => {}),
  );
  expect(command.name()).toBe(words.at(-1));
  expect(
    Math.max(
      ...command
        .helpInformation()
        .split("\n")
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(80);
});
