import { expect, test } from "vitest";
import type { BreakerSettings, Clock } from "@cordon/model";
import { createBreaker, type BreakerOutcome } from "./breaker.ts";
import { until } from "./lab.fixture.ts";

const settings: BreakerSettings = {
  consecutiveMisses: 3,
  windowMs: 60_000,
  errorShare: 0.5,
  volume: 10,
  openMs: 1000,
  probes: 2,
  probeLeaseMs: 500,
};

/** A breaker under a clock that the test moves, and what it said. */
function handDriven() {
  let now = 0;
  let calls = 0;
  const said: string[] = [];
  const clock: Clock = { now: () => now, wall: () => now };
  const breaker = createBreaker(settings, clock, (opened) => said.push(opened ? "opened" : "closed"));
  return {
    said,
    breaker,
    pass(ms: number) {
      now += ms;
    },
    /** Asks, and brings the outcome back when the breaker lets the call through. */
    call(outcome: BreakerOutcome): "sent" | "refused" {
      const id = calls++;
      const answer = breaker.ask(id, now);
      if (answer.kind === "refused") return "refused";
      breaker.ended(id, answer.generation, outcome, now);
      return "sent";
    },
    begin() {
      const id = calls++;
      const answer = breaker.ask(id, now);
      if (answer.kind === "refused") throw new Error("the breaker was to let it through");
      return (outcome: BreakerOutcome) => breaker.ended(id, answer.generation, outcome, now);
    },
    [Symbol.dispose]: () => breaker.close(),
  };
}

/** opossum counts in microtasks: one turn of the event loop later it has. */
const counted = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test("a row of misses opens it in the very moment of the last", () => {
  using lab = handDriven();
  for (const outcome of ["miss", "miss", "ok", "miss", "neutral", "miss"] as const) lab.call(outcome);
  expect(lab.said).toEqual([]);
  lab.call("miss");
  expect([lab.said, lab.call("ok")]).toEqual([["opened"], "refused"]);
});

test("a share of failures without a row of them opens it, from the volume asked for on", async () => {
  using lab = handDriven();
  const round = ["miss", "miss", "ok"] as const;
  for (let call = 0; call < 9; call++) lab.call(round[call % 3] ?? "ok");
  await counted();
  expect(lab.said).toEqual([]);
  for (let call = 9; call < 12; call++) lab.call(round[call % 3] ?? "ok");
  await until(() => lab.said.length > 0, "the window to open it");
  expect([lab.said, lab.breaker.isOpen(0)]).toEqual([["opened"], true]);
});

test("push-back neither opens it nor waters the share down", async () => {
  using lab = handDriven();
  for (let call = 0; call < 50; call++) lab.call("neutral");
  await counted();
  expect(lab.said).toEqual([]);
  const round = ["miss", "miss", "ok"] as const;
  for (let call = 0; call < 12; call++) lab.call(round[call % 3] ?? "ok");
  await until(() => lab.said.length > 0, "the window to open it");
});

test("after its time it takes leased probes, no more than allowed, and closes when they have all succeeded", () => {
  using lab = handDriven();
  for (let call = 0; call < 3; call++) lab.call("miss");
  lab.pass(999);
  expect(lab.call("ok")).toBe("refused");
  lab.pass(1);
  const [first, second] = [lab.begin(), lab.begin()];
  expect(lab.call("ok")).toBe("refused");
  first("ok");
  expect(lab.said).toEqual(["opened"]);
  second("ok");
  expect([lab.said, lab.call("ok")]).toEqual([["opened", "closed"], "sent"]);
});

test("a probe that hangs does not wedge it: its lease runs out and it opens again", () => {
  using lab = handDriven();
  for (let call = 0; call < 3; call++) lab.call("miss");
  lab.pass(1000);
  lab.begin();
  lab.pass(500);
  expect(lab.call("ok")).toBe("refused");
  lab.pass(1000);
  expect(lab.call("ok")).toBe("sent");
});

test("a late success from before it opened does not close it", () => {
  using lab = handDriven();
  const late = lab.begin();
  for (let call = 0; call < 3; call++) lab.call("miss");
  late("ok");
  expect(lab.call("ok")).toBe("refused");
  lab.pass(1000);
  late("ok");
  late("ok");
  expect(lab.said).toEqual(["opened"]);
});

test("once closed it starts with an empty window", async () => {
  using lab = handDriven();
  const round = ["miss", "miss", "ok"] as const;
  for (let call = 0; call < 12; call++) lab.call(round[call % 3] ?? "ok");
  await until(() => lab.said.length > 0, "the window to open it");
  lab.pass(1000);
  for (let probe = 0; probe < 2; probe++) lab.call("ok");
  expect(lab.said).toEqual(["opened", "closed"]);
  for (let call = 0; call < 9; call++) lab.call(round[call % 3] ?? "ok");
  await counted();
  expect(lab.said).toEqual(["opened", "closed"]);
});
