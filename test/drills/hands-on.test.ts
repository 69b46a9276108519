/**
 * Game days with a scripted operator: a process that knows no more than a person at the terminal does, reads the live
 * lines, and gives its orders by the command. One finds what failed; of one that nobody acts in, the lease is the end.
 * Also a run that waits for a word, tells a webhook, and is ended by its own condition.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Result } from "@cordon/model";
import { cordon, startCordon, type CordonRun } from "../support/cli.ts";
import { workingDirectory } from "../support/lab.ts";
import { processesUnder } from "../support/processes.ts";
import { setWords } from "../support/set-words.ts";
import { until } from "../support/until.ts";

const withinMs = 90_000;
const drill = "2014-06-directory-partition";
const profile = {
  partitions: 3,
  roleInstances: 1,
  users: 12,
  signInPerSecond: 6,
  mailPerSecond: 3,
  warmSeconds: 1,
  steadySeconds: 2,
  faultSeconds: 12,
  recoverySeconds: 2,
};
const sets = setWords(profile);

/** On a host too busy to hold a steady state, or to serve the others in time, a run says nothing about its operator. */
const attempts = 3;

const handsOnRun = (root: string, seed: string): CordonRun =>
  startCordon(root, ["drill", drill, "--hands-on", "--out", "out", "--seed", seed, ...sets]);

const resultIn = (root: string): Result => JSON.parse(readFileSync(join(root, "out/result.json"), "utf8")) as Result;

/** A live line's figures: `p2 1/4 2/2`, sign-ins in time of those due. */
const cell = /(p\d+) (\d+)\/(\d+) \d+\/\d+/g;

/** The one partition half of whose sign-ins or more went wrong by a live line; undefined when there is no one such. */
function illIn(line: string): string | undefined {
  const ill = [...line.matchAll(cell)].filter(
    ([, , well, due]) => Number(due) > 0 && Number(well) / Number(due) <= 0.5,
  );
  return ill.length === 1 ? ill[0]?.[1] : undefined;
}

/** Whom two live lines in a row speak of: one bad look may be the host's doing. */
function suspectIn(progress: string): string | undefined {
  const [before = "", last = ""] = progress
    .split("\n")
    .filter((line) => line.search(cell) !== -1)
    .slice(-2);
  const suspect = illIn(last);
  return suspect === illIn(before) ? suspect : undefined;
}

/** Watches as a person would, and orders what they would; undefined when the run was over first. */
async function operate(root: string, run: CordonRun): Promise<string | undefined> {
  const suspect = await until("somebody is suspected, or the run over", withinMs, () => {
    if (run.child.exitCode !== null) return "nobody";
    return suspectIn(run.progress());
  });
  if (suspect === "nobody") return undefined;
  // By then it has failed, and no command says what.
  expect(await cordon(root, "fault", "list")).toMatchObject({ code: 2, stdout: "" });
  const { stdout } = await cordon(root, "status");
  expect(stdout).toContain("not judged");
  expect(stdout).not.toMatch(/\bred\b|fallback|silent|\bhang|freeze/);
  expect(await cordon(root, "isolate", suspect)).toMatchObject({ code: 0 });
  return suspect;
}

test(
  "an operator who sees nothing but what users have finds what failed, and frees the others",
  { timeout: 400_000 },
  async () => {
    await using place = workingDirectory();
    for (let attempt = 1; ; attempt++) {
      await using run = handsOnRun(place.root, `operator-${attempt}`);
      const suspect = await operate(place.root, run);
      const { code, stdout, stderr } = await run.ended;
      const isBad = code === 3 || suspect === undefined || resultIn(place.root).handsOn?.healedBy !== "operator";
      if (isBad && attempt < attempts) continue;

      const { handsOn, verdict, exitCode, sides } = resultIn(place.root);
      expect(handsOn).toEqual({
        partition: suspect,
        operatorTtdMs: expect.any(Number) as number,
        operatorTtiMs: expect.any(Number) as number,
        orders: [{ atMs: handsOn?.operatorTtdMs, order: "isolate", partition: suspect, right: true }],
        leaseMs: 12_000,
        healedBy: "operator",
      });
      const { operatorTtdMs, operatorTtiMs } = handsOn as { operatorTtdMs: number; operatorTtiMs: number };
      expect(operatorTtdMs).toBeGreaterThan(0);
      expect(operatorTtiMs).toBeLessThan(12_000);
      expect(code).toBe(exitCode);
      expect(["exploratory", "invalid"]).toContain(verdict);
      expect(sides[0]?.disabled).toEqual(expect.arrayContaining(["isolation", "failover"]));
      // What failed stood in no line before the order; it is told with it.
      const [before = "", after = ""] = stderr.split("fault-injected");
      expect(before).not.toMatch(/\bred\b|fault-|fallback|silent|\bhang/);
      expect(after).toContain(`operator-isolated ${suspect}`);
      expect(stdout).toMatch(/^operator .*p\d had failed: it was found after/m);
      return;
    }
  },
);

test("of a game day in which nobody acts the lease is the end, and heals", { timeout: 300_000 }, async () => {
  await using place = workingDirectory();
  for (let attempt = 1; ; attempt++) {
    await using run = handsOnRun(place.root, `nobody-${attempt}`);
    const { code } = await run.ended;
    if (code === 3 && attempt < attempts) continue;
    const { handsOn, sides } = resultIn(place.root);
    expect(handsOn).toEqual({
      partition: expect.stringMatching(/^p[123]$/) as string,
      operatorTtdMs: null,
      operatorTtiMs: null,
      orders: [],
      leaseMs: 12_000,
      healedBy: "lease",
    });
    // Nothing took the fault away but its lease, and a request of the drill's own was answered then.
    expect(sides[0]?.fault.removedAtMs).toBeCloseTo(12_000, 3);
    expect(sides[0]?.fault.provenGoneAtMs).toBeGreaterThan(12_000);
    expect(processesUnder(place.root)).toEqual([]);
    return;
  }
});

/** A server that notes the JSON it is sent. */
async function webhook() {
  const heard: unknown[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      heard.push(JSON.parse(text));
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test(
  "a run waits for a word, tells a webhook, and is ended by its own condition, its fault taken away",
  { timeout: 400_000 },
  async () => {
    await using place = workingDirectory();
    await using hook = await webhook();
    for (let attempt = 1; ; attempt++) {
      const seed = `paused-${attempt}`;
      hook.heard.length = 0;
      const words = ["drill", drill, "--sides", "off", "--out", "out", "--seed", seed, "--pause-before", "fault"];
      const more = ["--webhook", hook.url, "--abort-when", "hurt-inside>0%", ...sets];
      await using run = startCordon(place.root, [...words, ...more]);
      await until("it waits", withinMs, () => run.progress().includes("drill resume"));
      expect(run.progress()).not.toContain("lab ready");
      expect(hook.heard).toEqual([{ event: "start", drill, seed }]);
      expect(await cordon(place.root, "drill", "resume")).toMatchObject({ code: 0, stdout: `${seed}-off goes on\n` });

      const { code, stderr } = await run.ended;
      if (code === 3 && attempt < attempts) continue;
      const { verdict, reason, exitCode } = resultIn(place.root);
      expect([code, verdict, exitCode]).toEqual([130, "aborted", 130]);
      expect(reason).toMatch(/^hurt-inside>0%: it was \d+\.\d % \(off\)$/);
      expect(stderr).toContain("fault-removed");
      expect(stderr.trimEnd().split("\n").at(-1)).toBe("exit 130: aborted");
      expect(hook.heard).toEqual([
        { event: "start", drill, seed },
        { event: "stop", drill, seed, verdict: "aborted" },
      ]);
      expect(processesUnder(place.root)).toEqual([]);
      return;
    }
  },
);
