/** A load against small servers on real sockets, each with one manner: what is counted, and what is concluded. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { systemClock } from "@cordon/runtime";
import { readLimits } from "./limits.ts";
import {
  answerAndClose,
  answerDegraded,
  answerNothing,
  answerOk,
  answerWith,
  deadPort,
  hangUp,
  startHttp,
  startSmtp,
  users,
  type Place,
} from "./places.fixture.ts";
import { loadReport, schemaText } from "./report.ts";
import { loadBounds, runLoad, type LoadBounds, type LoadRun, type LoadWay } from "./run.ts";

/** A test's host may be busy: what a generator may be late for is not what is tested, but where it says so. */
const bounds: LoadBounds = { ...loadBounds, patienceMs: 20_000, own: { lagP99Ms: 60_000, coreShare: 1 } };
const impatient = { patienceMs: 1_000 };
const never = new AbortController().signal;

const limitsOf = (text: string) => {
  const read = readLimits(text);
  if (read.kind === "wrong") throw new Error(read.right);
  return read.limits;
};
const closed = ({ url }: Pick<Place, "url">, connections = 2): LoadWay => ({
  target: "auth",
  loop: "closed",
  url,
  connections,
  rate: null,
});
const open = ({ url }: Pick<Place, "url">, rate = 50): LoadWay => ({ target: "auth", loop: "open", url, rate });
const mails = ({ host, port }: Pick<Place, "host" | "port">): LoadWay => ({
  target: "mail",
  loop: "open",
  host,
  port,
  rate: 40,
});

async function load(way: LoadWay, slo: string, rest: Partial<LoadBounds> = {}, lengthMs = 600): Promise<LoadRun> {
  const order = { way, users, lengthMs, limits: limitsOf(slo), seed: "s" };
  const outcome = await runLoad(order, { ...bounds, ...rest }, systemClock, never);
  if (outcome.kind === "unreachable") throw new Error(outcome.detail);
  return outcome.run;
}

const ok = "errors<1%";

describe("a sound place", () => {
  test.each([
    ["in a closed loop", closed],
    ["in an open loop", open],
  ])("is held to its limits %s, and every attempt it heard is accounted for", async (_, way) => {
    await using place = await startHttp(answerOk);
    const { figures, verdict, offered } = await load(way(place), ok);
    expect(verdict).toEqual({ kind: "held", reasons: [] });
    expect(figures).toMatchObject({ failed: 0, unsent: 0, degraded: 0, ends: { "200": figures.served } });
    expect(figures.served + figures.unfinished).toBe(figures.sent);
    expect(offered).toBe(figures.sent);
    expect(place.heard()).toBeGreaterThanOrEqual(figures.served);
    expect(place.heard()).toBeLessThanOrEqual(figures.sent);
  });

  test("is offered what the schedule says, whatever it does", async () => {
    await using place = await startHttp(answerOk);
    const { offered, figures } = await load(open(place), ok);
    expect([offered, figures.sent, figures.served, figures.unfinished]).toEqual([30, 30, 30, 0]);
  });

  test("takes mail, each in a session of its own", async () => {
    await using place = await startSmtp("250 ok");
    const { figures, verdict } = await load(mails(place), ok);
    expect([verdict.kind, figures.served, place.heard()]).toEqual(["held", 24, 24]);
  });

  test("that signs in degraded has served, and it is told", async () => {
    await using place = await startHttp(answerDegraded);
    const { figures, verdict } = await load(closed(place), ok);
    expect(verdict.kind).toBe("held");
    expect(figures.degraded).toBe(figures.served);
  });

  test("that closes the connection with each answer fails nobody", async () => {
    await using place = await startHttp(answerAndClose);
    const { figures, verdict } = await load(closed(place), ok);
    expect([verdict.kind, figures.failed]).toEqual(["held", 0]);
    expect(figures.served).toBeGreaterThan(1);
  });

  test("at a rate in a closed loop is asked no less than that", async () => {
    await using place = await startHttp(answerOk);
    const way: LoadWay = { target: "auth", loop: "closed", url: place.url, connections: 16, rate: 5 };
    const { figures, verdict, offered } = await load(way, ok, {}, 1_000);
    expect(verdict.kind).toBe("held");
    expect(figures.sent).toBeGreaterThanOrEqual(5);
    expect(offered).toBe(figures.sent);
  });

  test("ends a run that has sent as many as one may", async () => {
    await using place = await startHttp(answerOk);
    const { figures } = await load(closed(place), ok, { mostAttempts: 20 }, 600_000);
    expect(figures.sent).toBeGreaterThanOrEqual(20);
  });
});

describe("a slow place", () => {
  const slow = (ms: number) => startHttp((request, response) => void setTimeout(answerOk, ms, request, response));

  test.each([
    ["closed", closed],
    ["open", open],
  ])("breaks a limit on latency in a loop that is %s", async (_, way) => {
    await using place = await slow(150);
    const { limits, verdict } = await load(way(place), "p50<100ms,errors<1%");
    expect(verdict).toEqual({
      kind: "broken",
      reasons: [expect.stringMatching(/^p50<100ms was broken: the slowest took \d+ ms$/)],
    });
    expect(limits).toMatchObject([{ held: false }, { measured: 0, held: true }]);
    expect(limits[0]?.measured).toBeGreaterThanOrEqual(149);
  });

  test("has no p99 of few samples: that limit has no verdict", async () => {
    await using place = await slow(1);
    const { limits, verdict, figures } = await load(open(place), "p99<10s");
    expect(limits).toMatchObject([{ measured: null, held: null }]);
    expect(verdict).toEqual({
      kind: "no-verdict",
      reasons: ["p99<10s takes 2000 samples, not 30", "load longer (--for), or limit p95"],
    });
    expect(figures.latency.samples).toBe(30);
  });

  test("that keeps a closed loop below its rate has not been tried with it", async () => {
    await using place = await slow(400);
    const way: LoadWay = { target: "auth", loop: "closed", url: place.url, connections: 2, rate: 100 };
    const { verdict, offered } = await load(way, ok, {}, 2_000);
    expect([verdict.kind, offered]).toEqual(["no-verdict", 200]);
    expect(verdict.reasons[0]).toMatch(/^\d+ of 200 were sent/);
  });
});

describe("a place that serves nobody", () => {
  test.each([
    ["refuses", answerWith(503, "{}"), "503"],
    ["answers with something else", answerWith(200, "<html>"), "not-a-sign-in-answer"],
  ])("because it %s is broken, though it answers", async (_, answer, code) => {
    await using place = await startHttp(answer);
    const { figures, verdict } = await load(closed(place), "p50<10s");
    expect(verdict.kind).toBe("broken");
    expect(verdict.reasons[0]).toMatch(/^nothing was served: [1-9]\d* failed/);
    expect(figures).toMatchObject({ answered: figures.failed, ends: { [code]: figures.failed } });
  });

  test("because it hangs up is broken, and is connected to again after a pause", async () => {
    await using place = await startHttp(hangUp);
    const { figures, verdict, elapsedMs } = await load(closed(place), "p50<10s");
    expect(verdict.kind).toBe("broken");
    expect(figures).toMatchObject({ answered: 0, served: 0 });
    expect(figures.failed).toBeGreaterThan(2);
    // Two connections, each tried again once in a pause at most.
    expect(figures.sent).toBeLessThanOrEqual(2 * (1 + elapsedMs / bounds.reconnectMs));
  });

  test.each([
    ["closed", closed],
    ["open", open],
  ])("because it hangs is broken in a loop that is %s, with what its clients waited", async (_, way) => {
    await using place = await startHttp(answerNothing);
    const { figures, verdict } = await load(way(place), ok, impatient, 1_500);
    expect(verdict.kind).toBe("broken");
    expect(figures).toMatchObject({ answered: 0, served: 0, ends: { timeout: figures.failed } });
    expect(figures.failed).toBeGreaterThan(0);
    expect(figures.latency.p50).toBeGreaterThanOrEqual(impatient.patienceMs);
  });

  test.each([
    ["refuses each", "451 later", "451"],
    ["says nothing after the message", null, "timeout"],
  ])("of mail, because it %s, is broken", async (_, word, code) => {
    await using place = await startSmtp(word);
    const { figures, verdict } = await load(mails(place), ok, impatient);
    expect([verdict.kind, figures.ends]).toEqual(["broken", { [code]: 24 }]);
  });

  test("because nothing listens there is told before anything is sent", async () => {
    const port = await deadPort();
    const order = { way: closed({ url: `http://127.0.0.1:${port}` }), users, lengthMs: 600, limits: [], seed: "s" };
    expect(await runLoad(order, bounds, systemClock, never)).toEqual({
      kind: "unreachable",
      detail: `nothing answers at 127.0.0.1:${port} (ECONNREFUSED)`,
    });
  });
});

describe("the generator", () => {
  test.each([
    ["late", { own: { lagP99Ms: 0, coreShare: 1 } }, /^the generator itself was [\d.]+ ms late/],
    ["out of its core", { own: { lagP99Ms: 60_000, coreShare: 0 } }, /^the generator used \d+ % of its core/],
    ["full", { maxInFlight: 1 }, /^\d+ were never sent: too many were under way$/],
  ])("that was %s gives no verdict, and says what to do", async (_, rest, why) => {
    await using place = await startHttp((request, response) => void setTimeout(answerOk, 200, request, response));
    const { verdict } = await load(open(place), "errors<50%", rest);
    expect(verdict.kind).toBe("no-verdict");
    expect(verdict.reasons[0]).toMatch(why);
    expect(verdict.reasons.at(-1)).toContain("lower the rate, or load from another machine");
  });

  test("that never got to send counts those as late as a client waits", async () => {
    await using place = await startHttp((request, response) => void setTimeout(answerOk, 200, request, response));
    const { figures, offered } = await load(open(place), ok, { maxInFlight: 1 });
    expect(figures.unsent).toBeGreaterThan(0);
    expect(figures.sent + figures.unsent).toBe(offered);
    expect(figures.latency.max).toBe(bounds.patienceMs);
  });

  test.each([
    ["closed", closed],
    ["open", open],
  ])("that is broken off in a loop that is %s has the figures so far", async (_, way) => {
    const cut = new AbortController();
    await using place = await startHttp((request, response) => {
      if (place.heard() === 10) cut.abort();
      answerOk(request, response);
    });
    const order = { way: way(place), users, lengthMs: 600_000, limits: limitsOf(ok), seed: "s" };
    const outcome = await runLoad(order, bounds, systemClock, cut.signal);
    if (outcome.kind !== "loaded") throw new Error(outcome.detail);
    const { figures, verdict, offered } = outcome.run;
    expect(verdict.kind).toBe("interrupted");
    expect(figures.served).toBeGreaterThan(5);
    expect(offered).toBe(figures.sent);
  });
});

test("a report fits its published schema, and has neither a user nor a password in it", async () => {
  await using place = await startHttp(answerOk);
  const report = loadReport(await load(open(place), "p50<10s,errors<1%"), bounds, 0);
  const published: unknown = JSON.parse(
    readFileSync(new URL("../../../docs/schema/cordon.load.1.schema.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(JSON.parse(schemaText()));
  const check = new Ajv2020().compile(published as object);
  expect([check(report), check.errors]).toEqual([true, null]);
  expect(check({ ...report, verdict: "fine" })).toBe(false);
  expect(JSON.stringify(report)).not.toMatch(/secret|user\d/);
});
