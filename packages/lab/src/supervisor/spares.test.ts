/** Spares in a lab of their own: who takes a partition over was there before it was needed, and outlives nobody. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freeze } from "@cordon/fault";
import type { Event } from "@cordon/model";
import { isAlive, kill, type ProcessIdentity } from "@cordon/runtime";
import { followEvents } from "../follow.ts";
import { labBounds, startLabOf, type Lab } from "../lab.ts";
import { giveOrder } from "../operator.ts";
import { settingsOf } from "../presets.ts";
import { smallLab, standInParts } from "../small-lab.fixture.ts";
import { until, workingDirectory } from "../testing.fixture.ts";

const longMs = 90_000;
const parts = {
  ...standInParts,
  bounds: { ...labBounds, supervision: { ...labBounds.supervision, respawnCapMs: 500 } },
};
const place = workingDirectory();
const events: Event[] = [];
let lab: Lab;
let stopFollowing = (): void => {};

beforeAll(async () => {
  const settings = { ...settingsOf("on", []), failover: { redForMs: 5_000, onePerMs: 500 } };
  lab = await startLabOf(parts, { ...smallLab(place.root, "spared"), settings }, new AbortController().signal);
  stopFollowing = followEvents(lab.eventsDir, (event) => events.push(event));
}, longMs);

afterAll(async () => {
  stopFollowing();
  await lab.close();
  await place[Symbol.asyncDispose]();
}, longMs);

const named = (is: (name: string) => boolean) => lab.processes().find((one) => is(one.name) && isAlive(one));
const spare = () => until("a spare stands ready", () => named((name) => name.startsWith("spare-")));
const samePid = ({ pid, startTicks }: ProcessIdentity) => ({ pid, startTicks });

async function failOver(successor: string): Promise<ProcessIdentity> {
  const target = { lab: lab.dir, root: place.root, timeoutMs: 10_000 };
  expect((await giveOrder({ order: "failover", partition: "p1" }, target)).kind).toBe("ordered");
  // Not sooner: an order that comes while a failover of the partition is under way is carried out by that one.
  const isDone = ({ kind, detail }: Event): boolean =>
    kind === "failover-done" && detail.startsWith(`p1 is served by ${successor}`);
  await until(`${successor} has taken over`, () => events.some(isDone), 30_000);
  return samePid(await until(`${successor} is known`, () => named((name) => name === successor)));
}

test(
  "a process that stood ready takes the partition over, and another stands ready after it",
  { timeout: longMs },
  async () => {
    const before = await spare();
    expect(await failOver("p1b")).toEqual(samePid(before));
    expect(
      lab
        .processes()
        .filter(({ pid }) => pid === before.pid)
        .map(({ name }) => name),
    ).toEqual(["p1b"]);
    expect((await spare()).pid).not.toBe(before.pid);
  },
);

test("a spare that is stopped is not relied on", { timeout: longMs }, async () => {
  const before = await spare();
  lab.journal.frozen(before);
  freeze(before, 60_000);
  expect(await failOver("p1c")).not.toEqual(samePid(before));
  expect(isAlive(before)).toBe(false);
});

test("a spare ends with its supervisor, and the next supervisor has its own", { timeout: longMs }, async () => {
  const before = await spare();
  const supervisor = named((name) => name === "supervisor");
  if (supervisor === undefined) throw new Error("a lab has a supervisor");
  kill(supervisor);
  await until("it has ended", () => !isAlive(before));
  expect((await spare()).pid).not.toBe(before.pid);
});
