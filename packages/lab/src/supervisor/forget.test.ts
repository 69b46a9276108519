/** A lab that fails over again and again keeps what serves, and of what served only the newest: it may run for weeks. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createFaultClient } from "@cordon/fault";
import { labBounds, startLabOf, type Lab } from "../lab.ts";
import { giveOrder } from "../operator.ts";
import { stateFile } from "../paths.ts";
import { settingsOf } from "../presets.ts";
import { readState } from "../state-file.ts";
import { smallLab, standInParts } from "../small-lab.fixture.ts";
import { until, workingDirectory } from "../testing.fixture.ts";

const retiredProxies = 1;
const parts = {
  ...standInParts,
  bounds: { ...labBounds, supervision: { ...labBounds.supervision, retiredProxies } },
};

const never = new AbortController().signal;

test(
  "what a failover has replaced is forgotten, and its fault proxy after the next one",
  { timeout: 90_000 },
  async () => {
    await using place = workingDirectory();
    const settings = settingsOf("on", ["failover", "fence"]);
    const options = { ...smallLab(place.root, "forgetful"), settings };
    await using lab = await startLabOf(parts, options, never);
    const faults = createFaultClient(lab.urls.fault, 2_000);
    expect(await faults.addToxic("p1a", { type: "noop", name: "mark", leaseMs: 60_000 })).toMatchObject({ kind: "ok" });

    await failOver(lab, place.root, "p1b");
    await until("p1a is forgotten", () => !("p1a" in (readState(stateFile(lab.dir))?.ports ?? {})));
    // Its proxy stands, and what is on it can be named.
    expect(await faults.proxies()).toMatchObject({ kind: "ok", value: { p1a: { toxics: [{ name: "mark" }] } } });

    await failOver(lab, place.root, "p1c");
    await until("p1a's proxy is taken away", async () => {
      const reply = await faults.proxies();
      return reply.kind === "ok" && !("p1a" in reply.value);
    });
    const state = await until("p1b is forgotten", () => {
      const now = readState(stateFile(lab.dir));
      return now !== undefined && !("p1b" in now.ports) && !("p1a" in now.proxies) && now;
    });
    const reply = await faults.proxies();
    expect(reply.kind === "ok" && Object.keys(reply.value).toSorted()).toEqual(["p1b", "p1c"]);
    expect(Object.keys(state.proxies).toSorted()).toEqual(["p1b", "p1c"]);
    expect(Object.keys(state.ports).toSorted()).toEqual(["auth", "control", "fault", "mail", "p1c"]);
    expect(state.retired).toEqual(["p1b"]);
  },
);

/** Orders it and waits until `successor` serves alone. */
async function failOver(lab: Lab, root: string, successor: string): Promise<void> {
  const order = { order: "failover", partition: "p1" } as const;
  expect((await giveOrder(order, { lab: lab.dir, root, timeoutMs: 10_000 })).kind).toBe("ordered");
  await until(`${successor} has taken over`, () => {
    const now = JSON.parse(readFileSync(stateFile(lab.dir), "utf8")) as { exchanging: string | null };
    return now.exchanging === null && lab.instances().some(({ id }) => id === successor);
  });
}
