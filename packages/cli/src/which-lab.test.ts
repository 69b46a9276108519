/** What a command says of labs that run, and of which of them: this process is their runner, and their folder is all it sees. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Event } from "@cordon/model";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";
import { makeLivingLab, plainLab, silentProxies } from "./living-lab.fixture.ts";

const timeout = 90_000;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-which-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const cordon = (...words: readonly string[]): Promise<End> => cordonIn(folder, words);
const cutOff: Event = {
  at: 1,
  source: "auth",
  kind: "partition-isolated",
  partition: "p2",
  operation: "verify",
  detail: "verify: by the operator",
};
const fellBack: Event = { at: 2, source: "auth", kind: "fallback-began", partition: "p1", detail: "" };
const red: Event = { at: 3, source: "auth", kind: "partition-red", partition: "p1", operation: "verify", detail: "" };

async function statusOf(): Promise<{ text: string; json: Record<string, unknown> }> {
  const { stdout: text } = await cordon("status");
  const { stdout } = await cordon("status", "--json");
  const json = JSON.parse(stdout) as Record<string, unknown>;
  const check = checkOf("lab");
  expect([check(json), check.errors]).toEqual([true, null]);
  expect(
    Math.max(
      ...text
        .split("\n")
        .filter((line) => !line.includes("/"))
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(80);
  return { text, json };
}

describe("status", { timeout }, () => {
  test("says `not judged` where nobody judges, and no colour", async () => {
    makeLivingLab(folder, "up-00000001", { ...plainLab, judges: false, events: [red] });
    const { text, json } = await statusOf();
    expect(text).toMatch(/^p1 {3}not judged/m);
    expect(text).not.toMatch(/\b(?:green|yellow|red)\b/);
    expect(json).toMatchObject({ judges: false, partitions: [{ standing: { judged: "not judged" } }, {}] });
  });

  test("has the faults by name, and who isolated what", async () => {
    await using proxies = await silentProxies(["p1a"]);
    makeLivingLab(folder, "up-00000001", { ...plainLab, fault: proxies.url, events: [cutOff, red] });
    const { text, json } = await statusOf();
    expect(text).toMatch(/^p1 {3}red +- +flowing +0\/s {2}silent p1a$/m);
    expect(text.replaceAll(/\s+/g, " ")).toContain("p2 green verify flowing isolated by the operator");
    expect(json).toMatchObject({
      serviceFaults: [],
      partitions: [
        { standing: { judged: "red", faults: ["silent p1a"], byOperator: false, askedPerSecond: 0 } },
        { standing: { cutOff: ["verify"], byOperator: true, faults: [], waiting: null } },
      ],
    });
  });

  test("gives nothing away of a game day but what was ordered, nor do the commands for faults", async () => {
    await using proxies = await silentProxies(["p1a"]);
    const game = { ...plainLab, judges: false, hidesFaults: true, fault: proxies.url, events: [cutOff, fellBack] };
    makeLivingLab(folder, "seed-on", game);
    const { text, json } = await statusOf();
    expect(text).not.toMatch(/silent|fallback|\/s\b|p1a/);
    expect(text).toContain("A game day: what fails stands in the live lines of its run");
    expect(json).toMatchObject({
      serviceFaults: null,
      partitions: [{ standing: { faults: null, askedPerSecond: null, fallback: false } }, {}],
    });
    for (const words of [
      ["fault", "list"],
      ["fault", "list", "--json"],
      ["fault", "rm", "all"],
    ]) {
      const { code, stdout, stderr } = await cordon(...words);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("a game day runs in");
      expect(stderr).not.toMatch(/silent|p1a/);
    }
  });
});

describe("of several labs", { timeout }, () => {
  test("the newest is meant, and named; one that is only starting is not while another is up", async () => {
    await using proxies = await silentProxies(["p1a"]);
    const first = makeLivingLab(folder, "up-00000001", { ...plainLab, fault: proxies.url });
    expect((await cordon("fault", "list")).stdout).toMatch(/^p1a +mute +heals in 9 s\n$/);
    makeLivingLab(folder, "up-00000002", { ...plainLab, users: undefined, startTicks: 2 });
    const { stdout } = await cordon("fault", "list");
    expect(stdout).toMatch(/^lab {6}/);
    expect(stdout).toContain(first);
    expect(JSON.parse((await cordon("status", "--json")).stdout)).toMatchObject({ dir: first });
  });
});

test("a fault is added and taken away by hand in a drill's lab only where it is named", { timeout }, async () => {
  await using proxies = await silentProxies(["p1a"]);
  const drills = makeLivingLab(folder, "seed-on", { ...plainLab, fault: proxies.url, startTicks: 2 });
  for (const words of [
    ["fault", "rm", "all"],
    ["fault", "add", "p1a", "silent"],
  ]) {
    const { code, stdout, stderr } = await cordon(...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("is a drill's, and a fault by hand spoils the drill");
  }
  expect(await cordon("fault", "rm", "p1a", "--lab", drills)).toMatchObject({ code: 0 });
  const up = makeLivingLab(folder, "up-00000001", { ...plainLab, fault: proxies.url });
  const { stdout } = await cordon("fault", "rm", "p1a", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ lab: up });
});

test(
  "a fault on a role instance that was replaced says so, and one without faults is a target all the same",
  { timeout },
  async () => {
    await using proxies = await silentProxies(["p1a"]);
    const dir = makeLivingLab(folder, "up-00000001", { ...plainLab, fault: proxies.url });
    const state = {
      phase: "ready",
      failure: null,
      doneOrders: {},
      exchanging: null,
      authUrl: null,
      ports: {},
      proxies: {},
      partitions: {},
    };
    writeFileSync(join(dir, "supervisor-state.json"), JSON.stringify({ ...state, retired: ["p1a", "p1b"] }));
    expect((await cordon("fault", "list")).stdout).toMatch(/^p1a +mute +heals in 9 s +\(replaced\)\n$/);
    expect((await cordon("status")).stdout.replaceAll(/\s+/g, " ")).toContain("silent p1a (replaced)");
    const { stdout } = await cordon("fault", "list", "--json");
    const check = checkOf("faults");
    expect([check(JSON.parse(stdout)), check.errors]).toEqual([true, null]);
    expect(JSON.parse(stdout)).toMatchObject({ faults: [{ target: "p1a", replaced: true }] });
    expect(await cordon("fault", "rm", "p1b")).toMatchObject({ code: 0, stdout: "there was nothing to take away\n" });
    expect((await cordon("fault", "rm", "p1b", "nothing")).stderr).toContain("there is no fault on p1b 'nothing'");
    expect((await cordon("fault", "rm", "p1z")).stderr).toContain("there is no target 'p1z'");
  },
);

test("down says how the drill is ended that runs here", { timeout }, async () => {
  const dir = makeLivingLab(folder, "seed-on", plainLab);
  const { code, stdout } = await cordon("down");
  expect([code, stdout.replaceAll(/\s+/g, " ")]).toEqual([
    0,
    expect.stringMatching(/^no lab of cordon up is running here a drill's .*drill halt ends it\) $/),
  ]);
  expect((await cordon("down", "--lab", dir)).stderr).toMatch(/end the drill: .*drill halt/);
});
