/**
 * The operator's hand, by the command: `isolate` parks a partition's mail and hands its sign-ins to the fallback, and
 * holds when control, auth and mail are killed together; `rejoin` brings everything back; `failover` replaces the role
 * instances. The neighbour notices none of it.
 */
import { expect, test } from "vitest";
import { audit } from "@cordon/drill";
import { settingsOf, type Lab, type LabUser } from "@cordon/lab";
import { freeze as stop } from "@cordon/fault";
import type { LaneView } from "@cordon/model";
import { hasProc, kill, stateOf, systemClock } from "@cordon/runtime";
import { signIn } from "../crash/sign-in-load.ts";
import { cordon } from "../support/cli.ts";
import { mailProgram, startSeededLab } from "../support/lab.ts";
import { openSession } from "../support/smtp.ts";
import { until } from "../support/until.ts";

const withinMs = 60_000;
const callMs = 5_000;
// Without the fence, since control is to stay frozen for as long as the test wants.
const settings = settingsOf("on", ["fence"]);
const options = { partitions: 2, roleInstances: 2, users: 8, seed: "operator", settings };

async function laneOf(lab: Lab, partition: string): Promise<Pick<LaneView, "state" | "queued"> | undefined> {
  const response = await fetch(new URL("/v1/lanes", lab.urls.mailApi), { signal: AbortSignal.timeout(callMs) }).catch(
    () => undefined,
  );
  const lanes = response?.ok ? ((await response.json()) as LaneView[]) : [];
  const lane = lanes.find((one) => one.partition === partition);
  return lane === undefined ? undefined : { state: lane.state, queued: lane.queued };
}

const isLane = (lab: Lab, partition: string, state: LaneView["state"]) => async (): Promise<boolean> =>
  (await laneOf(lab, partition))?.state === state;

const answerOf = (lab: Lab, user: LabUser) => signIn(lab.urls.auth, user.address, user.password, callMs);

async function mailTo(lab: Lab, user: LabUser, headerId: string): Promise<void> {
  using session = await openSession(lab.urls.mx, callMs);
  const text = `From: <a@b.example>\r\nMessage-ID: ${headerId}\r\n\r\nhello`;
  const end = await session?.send({ from: "a@b.example", to: [user.address], text });
  expect(end).toMatchObject({ outcome: "ok", accepted: [user.address] });
}

/** Whether a message is in the Maildirs, once. */
const hasCopy = (lab: Lab, headerId: string) => async (): Promise<boolean> => {
  const records = await audit(lab.urls.mailApi, lab.maildirsDir, systemClock);
  return records.filter((record) => record.type === "maildir" && record.headerId === headerId).length === 1;
};

const named = (lab: Lab, names: readonly string[]) => lab.processes().filter(({ name }) => names.includes(name));

function freeze(lab: Lab, name: string): void {
  const [process] = named(lab, [name]);
  if (process === undefined) throw new Error(`a lab has ${name}`);
  lab.journal.frozen(process);
  expect(stop(process, 60_000)).toEqual({ kind: "sent" });
}

/** Kills these processes together and waits until others have taken their place. */
async function killAndAwait(lab: Lab, names: readonly ("control" | "auth" | "mail")[]): Promise<void> {
  const struck = named(lab, names);
  expect(struck.map((process) => kill(process).kind)).toEqual(names.map(() => "sent"));
  const bases = { control: lab.urls.control, auth: lab.urls.auth, mail: lab.urls.mailApi };
  await until(`${names.join(", ")} are back`, withinMs, async () => {
    const isNew = named(lab, names).every(
      (one) => stateOf(one) === "running" && !struck.some(({ pid }) => pid === one.pid),
    );
    const answers = await Promise.all(names.map((name) => isHealthy(bases[name])));
    return isNew && answers.every(Boolean);
  });
}

const isHealthy = (base: string): Promise<boolean> =>
  fetch(new URL("/health", base), { signal: AbortSignal.timeout(callMs) }).then(
    ({ ok }) => ok,
    () => false,
  );

// Without /proc no process can be told from another that has its pid: nothing may be struck.
test.skipIf(!hasProc())(
  "an operator isolates a partition, which holds through every restart, takes it back, and fails it over (needs /proc)",
  { timeout: 300_000 },
  async () => {
    await using seeded = await startSeededLab({ ...options, store: "lmdb", mailProgram });
    const { lab, root, population } = seeded;
    const userOf = (partition: string): LabUser => {
      const user = population.users.find((one) => one.partition === partition);
      if (user === undefined) throw new Error(`${partition} has users`);
      return user;
    };
    const [neighbour, cutOff] = [userOf("p1"), userOf("p2")];
    for (const user of [neighbour, cutOff])
      await until(`${user.address} signs in`, withinMs, async () => (await answerOf(lab, user)) === "served");

    expect(await cordon(root, "isolate", "p9")).toMatchObject({ code: 2, stdout: "" });
    expect(await cordon(root, "isolate", "p2")).toMatchObject({ code: 0 });
    await until("the lane of p2 is parked", withinMs, isLane(lab, "p2", "isolated"));
    await until("p2 signs in by fallback", withinMs, async () => (await answerOf(lab, cutOff)) === "degraded");
    expect(await answerOf(lab, neighbour)).toBe("served");
    await mailTo(lab, cutOff, "<parked@operator.example>");
    await mailTo(lab, neighbour, "<flowing@operator.example>");
    await until("the neighbour has its mail", withinMs, hasCopy(lab, "<flowing@operator.example>"));
    expect(await laneOf(lab, "p2")).toEqual({ state: "isolated", queued: 1 });

    // Those who start while control is silent go by what they heard of it before.
    freeze(lab, "control");
    await killAndAwait(lab, ["auth", "mail"]);
    await mailTo(lab, neighbour, "<meanwhile@operator.example>");
    await until("the neighbour has its mail again", withinMs, hasCopy(lab, "<meanwhile@operator.example>"));
    expect(await answerOf(lab, neighbour)).toBe("served");
    expect(await answerOf(lab, cutOff)).not.toBe("served");
    expect(await laneOf(lab, "p2")).toEqual({ state: "isolated", queued: 1 });

    await killAndAwait(lab, ["control", "auth", "mail"]);
    await until("p2 signs in by fallback again", withinMs, async () => (await answerOf(lab, cutOff)) === "degraded");
    expect(await laneOf(lab, "p2")).toEqual({ state: "isolated", queued: 1 });
    expect(await hasCopy(lab, "<parked@operator.example>")()).toBe(false);

    expect(await cordon(root, "rejoin", "p2")).toMatchObject({ code: 0 });
    await until("the lane of p2 flows", withinMs, isLane(lab, "p2", "flowing"));
    await until("p2 signs in", withinMs, async () => (await answerOf(lab, cutOff)) === "served");
    await until("the parked mail is there", withinMs, hasCopy(lab, "<parked@operator.example>"));

    const before = lab.instances();
    expect(await cordon(root, "failover", "p2")).toMatchObject({ code: 0 });
    await until("p2 has new role instances", withinMs, () => {
      const serving = lab.instances().filter(({ partition }) => partition === "p2");
      return (
        serving.length === options.roleInstances && serving.every(({ id }) => !before.some((old) => old.id === id))
      );
    });
    await until("the old ones are dead", withinMs, () =>
      before.filter(({ partition }) => partition === "p2").every((old) => stateOf(old) === "gone"),
    );
    await until("p2 signs in with the new ones", withinMs, async () => (await answerOf(lab, cutOff)) === "served");
    expect(lab.instances().filter(({ partition }) => partition === "p1")).toEqual(
      before.filter(({ partition }) => partition === "p1"),
    );
  },
);
