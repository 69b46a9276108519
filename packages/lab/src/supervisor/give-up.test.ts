/** A failover that cannot be carried out: it costs its successors, and nobody else anything. */
import { expect, test } from "vitest";
import type { Event } from "@cordon/model";
import { isAlive } from "@cordon/runtime";
import { followEvents } from "../follow.ts";
import { labBounds, startLabOf } from "../lab.ts";
import { giveOrder } from "../operator.ts";
import { smallLab, standInParts } from "../small-lab.fixture.ts";
import { programs, until, workingDirectory } from "../testing.fixture.ts";
import { settingsOf } from "../presets.ts";

const parts = {
  ...standInParts,
  programs: { ...standInParts.programs, directory: programs.reluctant },
  bounds: { ...labBounds, supervision: { ...labBounds.supervision, startWithinMs: 700, orderRetryMs: 300 } },
};

test(
  "successors that do not serve in time are given up, and the order is tried again",
  { timeout: 90_000 },
  async () => {
    await using place = workingDirectory();
    const settings = settingsOf("on", ["failover", "fence"]);
    const options = { ...smallLab(place.root, "reluctant"), settings };
    await using lab = await startLabOf(parts, options, new AbortController().signal);
    const before = lab.instances();
    const events: Event[] = [];
    const stop = followEvents(lab.eventsDir, (event) => events.push(event));
    using _following = { [Symbol.dispose]: stop };
    await giveOrder({ order: "failover", partition: "p1" }, { lab: lab.dir, root: place.root, timeoutMs: 2_000 });

    const ended = (instance: string) =>
      events.find((event) => event.kind === "process-exited" && event.instance === instance)?.detail;
    expect(await until("the first successor is given up", () => ended("p1b"))).toContain(
      "the failover of p1 is given up",
    );
    expect(await until("the next one is given up too", () => ended("p1c"))).toContain("the failover of p1 is given up");
    expect(lab.instances()).toEqual(before);
    expect(before.map(isAlive)).toEqual([true]);
    expect(events.filter(({ kind }) => kind === "failover-done")).toEqual([]);
  },
);
