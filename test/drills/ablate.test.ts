/** An ablation as a person runs it: broken off in its second side, taken up again, and told whole; small, of one protection. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { hasProc } from "@cordon/runtime";
import { cordon, startCordon } from "../support/cli.ts";
import { workingDirectory } from "../support/lab.ts";
import { processesUnder } from "../support/processes.ts";
import { setWords } from "../support/set-words.ts";
import { until } from "../support/until.ts";

const withinMs = 120_000;
const profile = {
  partitions: 3,
  roleInstances: 2,
  users: 12,
  signInPerSecond: 10,
  mailPerSecond: 3,
  warmSeconds: 1,
  steadySeconds: 2,
  faultSeconds: 2,
  recoverySeconds: 1,
};
const sets = setWords(profile);
const words = [
  "drill",
  "ablate",
  "2014-06-directory-partition",
  "--only",
  "fence",
  "--seed",
  "small",
  "--out",
  "out",
  ...sets,
];
const names = ["instance-off", "instance-on-1", "instance-without-fence-1", "instance-on-2"];

interface Account {
  readonly complete: boolean;
  readonly sides: readonly { readonly name: string; readonly isSound: boolean }[];
  readonly protections: readonly { readonly id: string }[];
}

// A stopped process is told from a running one by /proc.
test.skipIf(!hasProc())(
  "an ablation that is broken off goes on where it was (needs /proc)",
  { timeout: 340_000 },
  async () => {
    await using place = workingDirectory();
    const accountNow = (): Account =>
      JSON.parse(readFileSync(join(place.root, "out/ablation.json"), "utf8")) as Account;
    const check = new Ajv2020().compile(
      JSON.parse(
        readFileSync(new URL("../../docs/schema/cordon.ablation.1.schema.json", import.meta.url), "utf8"),
      ) as object,
    );
    {
      await using run = startCordon(place.root, words);
      const second = (): boolean => run.progress().includes(`${names[1]}`) || run.child.exitCode !== null;
      await until("its second side has begun", withinMs, second);
      run.child.kill("SIGINT");
      const { code, stdout } = await run.ended;
      expect(code).toBe(130);
      expect(stdout).toContain("--resume");
      expect(processesUnder(place.root)).toEqual([]);
    }
    const before = accountNow();
    expect([check(before), check.errors, before.complete]).toEqual([true, null, false]);
    expect(before.sides.map(({ name }) => name)).toEqual(names.slice(0, 1));

    const { code, stdout, stderr } = await cordon(place.root, ...words, "--resume", "--json");
    const after = JSON.parse(stdout) as Account;
    expect([check(after), check.errors]).toEqual([true, null]);
    expect(after).toEqual(accountNow());
    expect(after.sides.map(({ name }) => name)).toEqual(names);
    expect([after.complete, after.protections.map(({ id }) => id)]).toEqual([true, ["fence"]]);
    // A side that was not sound, as on a busy host, is run again; one that was is not.
    expect(/^side \d+ of \d+ instance-off$/m.test(stderr)).toBe(before.sides[0]?.isSound === false);
    expect([0, 5]).toContain(code);
    for (const name of names) expect(existsSync(join(place.root, "out", name, "result.json"))).toBe(true);
  },
);
