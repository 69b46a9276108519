import { describe, expect, test, vi } from "vitest";
import type { Clock } from "@cordon/model";
import { startPacer, type Attempted, type Pace, type Seen } from "./pace.ts";

interface Due {
  readonly offsetMs: number;
}

/** A pacer in virtual time; `act` is what the far end does. */
async function paced(
  schedule: readonly Due[],
  act: Pace<Due>["act"],
  rest: Partial<Pace<Due>>,
  during: (stop: () => void) => Promise<void>,
): Promise<readonly Attempted<Due>[]> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const told: Attempted<Due>[] = [];
    const clock: Clock = { now: () => performance.now(), wall: () => 0 };
    const pacer = startPacer(
      {
        schedule,
        startAt: clock.now(),
        maxInFlight: 10,
        graceMs: 1_000,
        act,
        told: (one) => void told.push(one),
        ...rest,
      },
      clock,
    );
    await during(pacer.stop);
    await pacer.done;
    return told;
  } finally {
    vi.useRealTimers();
  }
}

const every = (ms: number, count: number): readonly Due[] =>
  Array.from({ length: count }, (_, index) => ({ offsetMs: index * ms }));
const after = (ms: number): Promise<Seen> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, { outcome: "ok", code: "200" });
  });
const hang = (): Promise<Seen> => new Promise(() => {});
const run = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(5_000));

describe("an open loop", () => {
  test("sends when it is due, whatever has become of those before", async () => {
    const told = await paced(every(100, 5), () => after(350), {}, run);
    expect(told.map(({ sentAt, scheduledAt }) => (sentAt ?? 0) - scheduledAt)).toEqual([0, 0, 0, 0, 0]);
    expect(told.map(({ endedAt, scheduledAt }) => (endedAt ?? 0) - scheduledAt)).toEqual([350, 350, 350, 350, 350]);
  });

  test("tells what it could not send, and never has more under way than it may", async () => {
    let underWay = 0;
    let most = 0;
    const act = async (): Promise<Seen> => {
      most = Math.max(most, ++underWay);
      const seen = await after(250);
      underWay -= 1;
      return seen;
    };
    const told = await paced(every(100, 6), act, { maxInFlight: 2 }, run);
    expect(most).toBe(2);
    expect(told.filter(({ outcome }) => outcome === "unsent").map(({ planned }) => planned.offsetMs)).toEqual([
      200, 500,
    ]);
    expect(told).toHaveLength(6);
  });

  test("waits for the last answers as long as its grace, and no longer", async () => {
    const told = await paced(every(100, 2), hang, { graceMs: 700 }, run);
    expect(told).toMatchObject([
      { outcome: "unknown", code: "run-ended", endedAt: null },
      { outcome: "unknown", code: "run-ended", endedAt: null },
    ]);
  });

  test("that is stopped tells what is under way, and sends nothing more", async () => {
    const told = await paced(
      every(100, 50),
      () => after(150),
      {},
      async (stop) => {
        await vi.advanceTimersByTimeAsync(210);
        stop();
        await run();
      },
    );
    expect(told.map(({ code }) => code)).toEqual(["200", "run-ended", "run-ended"]);
  });

  test("with nothing to send is done at once", async () => {
    expect(await paced([], hang, {}, async () => {})).toEqual([]);
  });
});
