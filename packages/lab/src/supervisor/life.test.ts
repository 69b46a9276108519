import * as fc from "fast-check";
import { expect, test } from "vitest";
import { respawnDelayMs, stepLife, unborn, type Life, type LifeEvent } from "./life.ts";

const bounds = { respawnBaseMs: 100, respawnCapMs: 1_000, settledMs: 10_000 };
const process = { name: "p1a", pid: 7, startTicks: 70 };
const started: LifeEvent = { type: "started", process };
const ready: LifeEvent = { type: "ready", ports: { service: "http://127.0.0.1:1" } };
const ended: LifeEvent = { type: "ended", isKept: true };

const live = (events: readonly (readonly [LifeEvent, number])[]): Life =>
  events.reduce<Life>((life, [event, now]) => stepLife(life, event, bounds, now), unborn);

test("a process that ends is started again at once, and later each time it does not last", () => {
  const one = live([
    [started, 0],
    [ready, 10],
    [ended, 20],
  ]);
  expect(one).toEqual({ state: "absent", at: 20, deaths: 1 });
  const two = [started, ended].reduce((life, event) => stepLife(life, event, bounds, 30), one);
  expect(two).toEqual({ state: "absent", at: 130, deaths: 2 });
  const three = [started, ended].reduce((life, event) => stepLife(life, event, bounds, 200), two);
  expect(three).toEqual({ state: "absent", at: 400, deaths: 3 });
});

test("a process that served for a while is started again at once", () => {
  const life = live([
    [started, 0],
    [ended, 1],
    [started, 2],
    [ended, 3],
    [started, 4],
    [ready, 5],
    [ended, 10_005],
  ]);
  expect(life).toEqual({ state: "absent", at: 10_005, deaths: 1 });
});

test("a dismissed process is never started again", () => {
  expect(
    live([
      [started, 0],
      [{ type: "ended", isKept: false }, 5],
    ]),
  ).toMatchObject({ at: Number.POSITIVE_INFINITY });
});

test("a process that says again where it serves has served since it first did", () => {
  const moved: LifeEvent = { type: "ready", ports: { service: "http://127.0.0.1:2" } };
  expect(
    live([
      [started, 0],
      [ready, 10],
      [moved, 500],
    ]),
  ).toEqual({
    state: "serving",
    process,
    since: 10,
    deaths: 0,
    ports: { service: "http://127.0.0.1:2" },
  });
});

test("the delay grows with each death and stays within its cap", () => {
  fc.assert(
    fc.property(fc.nat(100), (deaths) => {
      const delayMs = respawnDelayMs(deaths, bounds);
      expect(delayMs).toBeGreaterThanOrEqual(deaths === 0 ? 0 : respawnDelayMs(deaths - 1, bounds));
      expect(delayMs).toBeLessThanOrEqual(bounds.respawnCapMs);
    }),
  );
});
