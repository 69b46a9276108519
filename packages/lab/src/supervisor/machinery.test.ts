/**
 * The fence and the machinery: control and the fault proxies serve no partition and have no sibling, and everything
 * leans on them. A frozen one is replaced like any role instance, and so is a front door that has fallen silent.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "@cordon/model";
import { hasProc, isAlive, sendSignal } from "@cordon/runtime";
import { followEvents } from "../follow.ts";
import type { NamedProcess } from "../journal.ts";
import { startLabOf, type Lab } from "../lab.ts";
import { settingsOf } from "../presets.ts";
import { smallLab, standInParts } from "../small-lab.fixture.ts";
import { until, workingDirectory } from "../testing.fixture.ts";

const longMs = 90_000;
const settings = { ...settingsOf("on", []), fence: { silentMs: 1_500, checkEveryMs: 100, onePerMs: 500 } };

const place = workingDirectory();
const events: Event[] = [];
let lab: Lab;
let stopFollowing = (): void => {};

beforeAll(async () => {
  const options = { ...smallLab(place.root, "machinery"), settings, roleInstances: 2 };
  lab = await startLabOf(standInParts, options, new AbortController().signal);
  stopFollowing = followEvents(lab.eventsDir, (event) => events.push(event));
}, longMs);

afterAll(async () => {
  stopFollowing();
  await lab.close();
  await place[Symbol.asyncDispose]();
}, longMs);

const processNamed = (name: string): NamedProcess => {
  const found = lab.processes().find((process) => process.name === name);
  if (found === undefined) throw new Error(`${name} was never started`);
  return found;
};

const fencedOf = (name: string): Promise<string> =>
  until(
    `${name} is fenced`,
    () => events.find(({ kind, detail }) => kind === "fenced" && detail.startsWith(name))?.detail,
  );

const serves = (url: URL, init: RequestInit = {}): Promise<boolean> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

const lookup = { method: "POST", headers: { "content-type": "application/json" }, body: '{"address":"a@one.example"}' };

// Without /proc nobody can be stopped by name.
test.skipIf(!hasProc()).each([
  { name: "fault", url: () => new URL("/v1/lookup", lab.instances()[0]?.service), init: lookup },
  { name: "control", url: () => new URL("/health", lab.urls.control), init: {} },
])(
  "a frozen $name is fenced, and another serves in its place where it was (needs /proc)",
  { timeout: longMs },
  async ({ name, url, init }) => {
    const before = processNamed(name);
    const at = url();
    lab.journal.frozen(before);
    sendSignal("SIGSTOP", before);
    expect(await fencedOf(name)).toBe(`${name} (pid ${before.pid}) was stopped and is killed`);
    await until(`${name} serves again`, () => serves(at, init));
    expect(processNamed(name).pid).not.toBe(before.pid);
    expect(isAlive(before)).toBe(false);
    await until("nobody ails", () => lab.ailing().length === 0);
  },
);

test("a front door that falls silent while others beat is fenced", { timeout: longMs }, async () => {
  const before = processNamed("auth");
  await fetch(new URL("/hang", lab.urls.auth), { method: "POST", body: "{}" }).catch(() => {});
  expect(await fencedOf("auth")).toBe(`auth (pid ${before.pid}) was silent and is killed`);
  await until("auth serves again", () => serves(new URL("/judge", lab.urls.auth), { method: "POST", body: "{}" }));
});
