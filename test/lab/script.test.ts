/**
 * The lab as a script uses it: everything it knows comes from the one object that `cordon up --detach --json` prints. It
 * signs users in, sends mail, makes a partition silent through the fault proxies' API, sees its users signed in by the
 * fallback and its mail parked, fails it over, heals the proxies, and takes the lab down; then nothing is left.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LabObject } from "@cordon/lab";
import { hasProc } from "@cordon/runtime";
import { signIn } from "../crash/sign-in-load.ts";
import { cordon, startCordon } from "../support/cli.ts";
import { cordonJson } from "../support/cordon-json.ts";
import { journalledUnder, listeningInodes, listeningNow, processesUnder } from "../support/processes.ts";
import { openSession } from "../support/smtp.ts";
import { until } from "../support/until.ts";

type User = LabObject["sample"][number];

const callMs = 5_000;
const withinMs = 60_000;
const clearWithinMs = 5_000;
/** Longer than a test may take: what heals is healed by the script. */
const leaseMs = 600_000;
/** On a host that others keep busy a start may take its time: it is not what is asked here. */
const up = ["up", "--ready-within", "3m"];
/** What a lab needs at least, for tests that are not about its partitions. */
const small = ["--partitions", "1", "--roles", "1", "--users", "4"];

/** A folder to work in, outside every checkout; a lab that a failed test left in it is ended with it. */
function workingFolder(): AsyncDisposable & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), "cordon-script-"));
  return {
    root,
    async [Symbol.asyncDispose]() {
      for (let dir: string | null = root; dir !== null;) ({ dir } = await cordonJson(root, "down", "down"));
      await cordon(root, "doctor");
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const answerOf = (lab: LabObject, { user, password }: User) => signIn(lab.auth, user, password, callMs);

async function mailTo(lab: LabObject, { user }: User): Promise<void> {
  using session = await openSession(lab.mx, callMs);
  const end = await session?.send({ from: "a@b.example", to: [user], text: "From: <a@b.example>\r\n\r\nhello" });
  expect(end).toMatchObject({ outcome: "ok", accepted: [user] });
}

/** Messages in a user's Maildir. */
function copiesOf(lab: LabObject, { user }: User): number {
  const folder = join(lab.maildirs, user, "new");
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

function userOf(lab: LabObject, partition: string): User {
  const user = lab.sample.find((one) => one.partition === partition);
  if (user === undefined) throw new Error(`${partition} has users`);
  return user;
}

const instancesOf = (lab: LabObject, partition: string) =>
  lab.partitions.find(({ id }) => id === partition)?.instances ?? [];

/** Makes every proxy on the way to a partition accept and never answer, through Toxiproxy's API. */
async function silence(lab: LabObject, partition: string): Promise<void> {
  for (const proxy of instancesOf(lab, partition).flatMap(({ proxies }) => proxies)) {
    const response = await fetch(new URL(`/proxies/${proxy}/toxics`, lab.fault), {
      method: "POST",
      body: JSON.stringify({ type: "silent", leaseMs }),
    });
    expect(response.status).toBe(200);
  }
}

/** What a run under `root` holds: sockets that listen, which are to be gone after it. */
const socketsUnder = (root: string): readonly string[] =>
  processesUnder(root).flatMap(({ pid }) => listeningInodes(pid));

async function expectNothingLeft(root: string, sockets: readonly string[]): Promise<void> {
  const left = (): readonly unknown[] => [
    ...processesUnder(root),
    ...journalledUnder(root).living,
    ...journalledUnder(root).folders,
    ...sockets.filter((inode) => listeningNow().has(inode)),
  ];
  await until("nothing is left", clearWithinMs, () => left().length === 0).catch(() => {});
  expect(left()).toEqual([]);
}

// Without /proc it cannot be seen what is left.
test.skipIf(!hasProc())(
  "a script drives a whole outage from the lab's object alone (needs /proc)",
  { timeout: 600_000 },
  async () => {
    await using place = workingFolder();
    const { root } = place;
    const lab = await cordonJson(root, "lab", ...up, "--detach", "--partitions", "3");
    const [near, far] = [userOf(lab, "p1"), userOf(lab, "p3")];
    for (const user of lab.sample)
      await until(`${user.user} signs in`, withinMs, async () => (await answerOf(lab, user)) === "served");
    await mailTo(lab, far);
    await until("the mail is there", withinMs, () => copiesOf(lab, far) === 1);

    await silence(lab, "p3");
    await until("p3 signs in by fallback", withinMs, async () => (await answerOf(lab, far)) === "degraded");
    expect(await answerOf(lab, near)).toBe("served");
    expect(await cordonJson(root, "order", "isolate", "p3")).toMatchObject({ order: "isolate", partition: "p3" });
    await mailTo(lab, far);
    await mailTo(lab, near);
    await until("the neighbour has its mail", withinMs, () => copiesOf(lab, near) === 1);
    expect(copiesOf(lab, far)).toBe(1);

    await cordonJson(root, "order", "failover", "p3");
    const before = new Set(instancesOf(lab, "p3").map(({ id }) => id));
    await until("p3 has new role instances", withinMs, async () => {
      const now = instancesOf(await cordonJson(root, "lab", "status"), "p3");
      return now.length === before.size && now.every(({ id }) => !before.has(id));
    });
    await cordonJson(root, "order", "rejoin", "p3");
    await until("p3 signs in with the fault still on", withinMs, async () => (await answerOf(lab, far)) === "served");
    await until("its parked mail is there", withinMs, () => copiesOf(lab, far) === 2);

    expect((await fetch(new URL("/reset", lab.fault), { method: "POST" })).status).toBe(204);
    expect((await cordonJson(root, "faults", "fault", "list")).faults).toEqual([]);
    const sockets = socketsUnder(root);
    expect(sockets.length).toBeGreaterThan(0);
    expect(await cordonJson(root, "down", "down")).toMatchObject({ dir: lab.dir, left: [], others: [] });
    await expectNothingLeft(root, sockets);
    expect(await cordon(root, "status")).toMatchObject({ code: 3 });
  },
);

// As above.
test.skipIf(!hasProc())(
  "two labs run side by side, and one whose runner is killed is cleared away (needs /proc)",
  async () => {
    await using place = workingFolder();
    const { root } = place;
    const first = await cordonJson(root, "lab", ...up, "--detach", ...small);
    const second = await cordonJson(root, "lab", ...up, "--detach", ...small);
    expect(await cordonJson(root, "lab", "status")).toMatchObject({ dir: second.dir, pid: second.pid });
    expect(await cordonJson(root, "lab", "status", "--lab", first.dir)).toMatchObject({
      dir: first.dir,
      pid: first.pid,
    });
    expect((await cordon(root, "isolate", "p1")).stdout.replaceAll(/\s+/g, " ")).toContain(
      `lab ${second.dir} p1 is isolated`,
    );
    await cordonJson(root, "order", "rejoin", "p1");
    for (const lab of [first, second])
      await until(
        "each signs its users in",
        withinMs,
        async () => (await answerOf(lab, userOf(lab, "p1"))) === "served",
      );

    process.kill(second.pid, "SIGKILL");
    await until("the killed one is gone", clearWithinMs, () =>
      second.processes.every(({ pid }) => !processesUnder(root).some((process) => process.pid === pid)),
    );
    expect(await cordonJson(root, "lab", "status")).toMatchObject({ dir: first.dir });
    expect(await answerOf(first, userOf(first, "p1"))).toBe("served");
    const sockets = socketsUnder(root);
    expect(await cordonJson(root, "down", "down", "--lab", first.dir)).toMatchObject({ dir: first.dir, others: [] });
    await expectNothingLeft(root, sockets);
  },
);

// As above.
test.skipIf(!hasProc())(
  "faults are added, listed and taken away by hand, on proxies and on processes (needs /proc)",
  async () => {
    await using place = workingFolder();
    const { root } = place;
    // Without the fence, which would end a stopped process at once.
    const lab = await cordonJson(
      root,
      "lab",
      "up",
      "--detach",
      "--partitions",
      "2",
      "--users",
      "8",
      "--off",
      "fence,failover",
    );
    const listed = async () =>
      (await cordonJson(root, "faults", "fault", "list")).faults.map(({ target, name }) => `${target} ${name}`);

    await cordonJson(root, "faults", "fault", "add", "p1", "latency", "--set", "latency=40", "--lease", "10m");
    await cordonJson(root, "faults", "fault", "add", "p2a", "silent", "--name", "mute", "--lease", "10m");
    await cordonJson(root, "faults", "fault", "add", "p2b", "freeze", "--lease", "10m");
    expect(await listed()).toEqual(["p1a latency_downstream", "p1b latency_downstream", "p2a mute", "p2b freeze"]);
    expect(processesUnder(root).filter(({ state }) => state === "T")).toMatchObject([{ name: "p2b" }]);

    const wrong = await cordon(root, "fault", "add", "p1", "latency", "--set", "latencyy=1", "--name", "other");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("latencyy");
    expect(await cordon(root, "fault", "rm", "p2", "mut")).toMatchObject({ code: 2 });
    await cordonJson(root, "faults", "fault", "rm", "p2", "mute");
    await cordonJson(root, "faults", "fault", "rm", "p2b", "freeze");
    expect(await listed()).toEqual(["p1a latency_downstream", "p1b latency_downstream"]);
    expect(processesUnder(root).filter(({ state }) => state === "T")).toEqual([]);

    const [killed] = instancesOf(lab, "p1");
    await cordonJson(root, "faults", "fault", "add", "p1a", "kill");
    await until("p1a is another process", withinMs, async () => {
      const now = instancesOf(await cordonJson(root, "lab", "status"), "p1").find(({ id }) => id === "p1a");
      return now !== undefined && now.pid !== killed?.pid;
    });
    await cordonJson(root, "faults", "fault", "rm", "all");
    expect(await listed()).toEqual([]);
    expect(await cordon(root, "fault", "add", "guardian", "freeze")).toMatchObject({ code: 2 });
  },
);

// As above.
test.skipIf(!hasProc())(
  "in the foreground a lab says where it is and how it stands, until Ctrl-C (needs /proc)",
  async () => {
    await using place = workingFolder();
    const { root } = place;
    await using run = startCordon(root, [...up, ...small]);
    await until("its state is told", withinMs, () => /p1 {3}green/.test(run.progress()));
    const sockets = socketsUnder(root);
    await cordonJson(root, "order", "isolate", "p1");
    await until("the order shows", withinMs, () => /p1 .* lookup, verify +isolated/.test(run.progress()));
    run.child.kill("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
      130,
      "exit 130: interrupted by SIGINT, everything rolled back",
    ]);
    expect(stdout).toMatch(/^sign-in {6}http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).toContain("curl -s smtp://127.0.0.1:");
    await expectNothingLeft(root, sockets);
  },
);

// As above.
test.skipIf(!hasProc())("a detached lab that is broken off while it starts leaves nothing (needs /proc)", async () => {
  await using place = workingFolder();
  const { root } = place;
  await using run = startCordon(root, [...up, "--detach", ...small]);
  await until("its processes start", withinMs, () => processesUnder(root).length > 1);
  run.child.kill("SIGTERM");
  expect(await run.ended).toMatchObject({ code: 143, stdout: "" });
  await expectNothingLeft(root, []);
});

// As above.
test.skipIf(!hasProc())("in the foreground one that down ends says that it was down (needs /proc)", async () => {
  await using place = workingFolder();
  const { root } = place;
  await using run = startCordon(root, [...up, ...small]);
  await until("its state is told", withinMs, () => /p1 {3}green/.test(run.progress()));
  await cordonJson(root, "down", "down");
  const { code, stderr } = await run.ended;
  expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
    143,
    "exit 143: ended by cordon down, everything rolled back",
  ]);
  await expectNothingLeft(root, []);
});

// As above.
test.skipIf(!hasProc()).each([[["--detach", "--json"]], [["--detach"]], [[]]])(
  "a lab of which nobody got to know where it is, of up %j, is taken down (needs /proc)",
  async (words) => {
    await using place = workingFolder();
    const { root } = place;
    await using run = startCordon(root, [...up, ...small, ...words]);
    run.child.stdout?.destroy();
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^stdout did not take where the lab is \(EPIPE\): it was taken down again\nexit 1: .+\n$/m),
    ]);
    await expectNothingLeft(root, []);
  },
);
