import { join } from "node:path";
import { linkMuteMs, type Clock, type UpLine } from "@cordon/model";
import { expect, test } from "vitest";
import { startTicksOf } from "./proc.ts";
import { createSupervisorLink, type LinkOptions, type SeatAnswer, type SupervisorLink } from "./supervisor-link.ts";
import { found, makeFolder, startSupervisor, until, type TestSupervisor } from "./test-support.ts";

const longMs = 15_000;

interface Ground extends AsyncDisposable {
  readonly link: SupervisorLink;
  readonly supervisor: TestSupervisor;
  /** Lets time pass for the link's judgement of the supervisor, and for nothing else. */
  pass(ms: number): void;
}

async function makeLink(changes: Partial<LinkOptions> = {}): Promise<Ground> {
  await using scope = new AsyncDisposableStack();
  const folder = scope.use(await makeFolder());
  const supervisor = scope.use(await startSupervisor(join(folder.path, "link")));
  let now = 1000;
  const clock: Clock = { now: () => now, wall: () => 0 };
  const link = scope.adopt(
    createSupervisorLink({
      socket: supervisor.socket,
      name: "p3a",
      partition: "p3",
      instance: "p3a",
      clock,
      random: () => 0.1,
      maxWaiting: 3,
      loopLagMs: () => 1,
      ...changes,
    }),
    (made) => made.close(),
  );
  const opened = scope.move();
  const pass = (ms: number): void => {
    now += ms;
  };
  return { link, supervisor, pass, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const hello = {
  type: "hello",
  name: "p3a",
  pid: process.pid,
  startTicks: startTicksOf(process.pid),
  partition: "p3",
  instance: "p3a",
};
const ofType = (supervisor: TestSupervisor, type: UpLine["type"]) =>
  supervisor.heard.filter((line) => line.type === type);
/** Resolves once every connection has been greeted, and at least `count` of them. */
const connected = (supervisor: TestSupervisor, count = 1) =>
  until(() => supervisor.connections() >= count && ofType(supervisor, "hello").length === supervisor.connections());

/** The ask the supervisor has heard last, once it has heard `count`. */
async function asked(supervisor: TestSupervisor, count: number): Promise<{ ask: number; queue: string }> {
  await until(() => ofType(supervisor, "seat-ask").length >= count);
  const line = ofType(supervisor, "seat-ask")[count - 1];
  if (line?.type !== "seat-ask") throw new Error("no ask");
  return line;
}

function seatOf(answer: SeatAnswer): () => void {
  if (answer.kind !== "seat") throw new Error(`a seat was expected, and the answer was ${answer.kind}`);
  return answer.giveBack;
}

test("a process says who it is and where it serves, and says it again on another connection", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await until(() => supervisor.heard.length === 1);
  link.ready({ service: "http://127.0.0.1:1" });
  await until(() => supervisor.heard.length === 2);
  supervisor.hangUp();
  await until(() => supervisor.heard.length === 4);
  const ready = { type: "ready", ports: { service: "http://127.0.0.1:1" } };
  expect(supervisor.heard).toEqual([hello, ready, hello, ready]);
});

test("a process beats, and passes up what it judges and what it took on", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  link.judge({ partition: "p3", operation: "verify", colour: "red", suspectsItself: false });
  link.appointed(4, true);
  await until(() => supervisor.beats() >= 2);
  expect(supervisor.heard.slice(1)).toEqual([
    { type: "judgement", partition: "p3", operation: "verify", colour: "red", suspectsItself: false },
    { type: "appointed", term: 4, writes: true },
  ]);
});

test("a seat is asked for, granted and given back once", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  const answer = link.askSeat("p3", longMs);
  const { ask, queue } = await asked(supervisor, 1);
  expect(queue).toBe("p3");
  supervisor.say({ type: "seat", ask, leaseMs: 500, free: 1 });
  const giveBack = seatOf(await answer);
  expect(link.freeSeats()).toBe(1);
  giveBack();
  giveBack();
  link.appointed(1, false);
  await until(() => ofType(supervisor, "appointed").length === 1);
  expect(ofType(supervisor, "seat-back")).toEqual([{ type: "seat-back", ask }]);
});

test("a refused ask is busy, and so is one that nobody answers in its time", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  const refused = link.askSeat("p3", longMs);
  supervisor.say({ type: "no-seat", ask: (await asked(supervisor, 1)).ask, retryAfterMs: 70 });
  expect(await refused).toEqual({ kind: "busy", retryAfterMs: 70 });
  expect(await link.askSeat("p3", 20)).toEqual({ kind: "busy", retryAfterMs: 20 });
  expect(await link.askSeat("p3", 0)).toEqual({ kind: "busy", retryAfterMs: 0 });
});

test("a seat that comes too late goes straight back", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  await link.askSeat("p3", 10);
  const { ask } = await asked(supervisor, 1);
  supervisor.say({ type: "seat", ask, leaseMs: 500, free: 0 });
  await until(() => ofType(supervisor, "seat-back").length === 1);
  expect(ofType(supervisor, "seat-back")).toEqual([{ type: "seat-back", ask }]);
});

test("an ask more than may wait is busy at once", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  const waiting = [1, 2, 3].map(() => link.askSeat("p3", longMs));
  expect(await link.askSeat("p3", longMs)).toEqual({ kind: "busy", retryAfterMs: longMs });
  link.close();
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ kind: "busy", retryAfterMs: 1000 })));
});

test("an ask without a deadline can be put into a line", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  const answer = link.askSeat("p3", Number.POSITIVE_INFINITY);
  const { ask } = await asked(supervisor, 1);
  supervisor.say({ type: "seat", ask, leaseMs: 500, free: 0 });
  expect(await answer).toMatchObject({ kind: "seat" });
});

test("without a supervisor a process hashes one password at a time, in the order of asking", async () => {
  await using ground = await makeLink({ socket: null });
  const { link } = ground;
  expect(link.freeSeats()).toBe(1);
  const first = seatOf(await link.askSeat("p3", longMs));
  expect(link.freeSeats()).toBe(0);
  const order: number[] = [];
  const second = link.askSeat("p3", longMs).then((answer) => (order.push(2), seatOf(answer)()));
  const third = link.askSeat("p3", longMs).then((answer) => (order.push(3), seatOf(answer)()));
  expect(await link.askSeat("p3", 10)).toMatchObject({ kind: "busy" });
  expect(order).toEqual([]);
  first();
  await Promise.all([second, third]);
  expect(order).toEqual([2, 3]);
});

test("while the supervisor is mute a process goes on with its own seat, and asks again when it speaks", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  const first = link.askSeat("p3", longMs);
  const second = link.askSeat("p3", longMs);
  await asked(supervisor, 2);
  ground.pass(linkMuteMs + 1);
  const giveBack = seatOf(await first);
  const third = link.askSeat("p3", longMs);
  supervisor.say({ type: "beat", freeSeats: 2 });
  const late = await asked(supervisor, 3);
  supervisor.say({ type: "seat", ask: late.ask, leaseMs: 500, free: 1 });
  seatOf(await third)();
  giveBack();
  supervisor.say({ type: "seat", ask: (await asked(supervisor, 2)).ask, leaseMs: 500, free: 1 });
  expect(await second).toMatchObject({ kind: "seat" });
});

test("an ask that was sent before the link was lost is served here, or asked for again", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  const first = link.askSeat("p3", longMs);
  const second = link.askSeat("p3", longMs);
  await asked(supervisor, 2);
  supervisor.hangUp();
  seatOf(await first);
  const again = await asked(supervisor, 3);
  supervisor.say({ type: "seat", ask: again.ask, leaseMs: 500, free: 0 });
  seatOf(await second)();
  expect(supervisor.connections()).toBe(2);
});

test("an appointment stands until one of a higher term, whatever becomes of the link", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  const terms: number[] = [];
  link.onAppointment(({ term }) => terms.push(term));
  await connected(supervisor);
  const appoint = (term: number) =>
    supervisor.say({ type: "appoint", term, writer: "p3a", writerUrl: "http://127.0.0.1:1", begins: term === 1 });
  appoint(2);
  appoint(1);
  appoint(3);
  await until(() => terms.length === 2);
  supervisor.hangUp();
  await connected(supervisor, 2);
  expect(terms).toEqual([2, 3]);
  const late = await found<number>(() => {
    let seen: number | undefined;
    link.onAppointment(({ term }) => {
      seen = term;
    });
    return seen;
  });
  expect(late).toBe(3);
});

test("what is no line ends the connection, and nothing after it is heard", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  const terms: number[] = [];
  link.onAppointment(({ term }) => terms.push(term));
  const appoint = JSON.stringify({ type: "appoint", term: 9, writer: "p3a", writerUrl: "x", begins: true });
  for (const rubbish of ["{", '{"type":"fire"}', "x".repeat(70_000), `"${"x".repeat(70_000)}"`]) {
    const before = supervisor.connections();
    await connected(supervisor);
    supervisor.sayRaw(`${rubbish}\n${appoint}\n`);
    await until(() => supervisor.connections() > before);
  }
  expect(terms).toEqual([]);
});

test("a supervisor that reads nothing costs a bounded memory: the connection is given up", async () => {
  await using ground = await makeLink();
  const { link, supervisor } = ground;
  await connected(supervisor);
  for (let i = 0; i < 20_000; i++)
    link.judge({ partition: "p3", operation: "verify", colour: "red", suspectsItself: false });
  await connected(supervisor, 2);
  expect(ofType(supervisor, "judgement").length).toBeLessThan(20_000);
});

test("a link that was closed stays closed, also when it was closed before it was up", async () => {
  await using folder = await makeFolder();
  await using supervisor = await startSupervisor(join(folder.path, "link"));
  const clock: Clock = { now: () => 0, wall: () => 0 };
  const open = (name: string): SupervisorLink =>
    createSupervisorLink({
      socket: supervisor.socket,
      name,
      clock,
      random: () => 0,
      maxWaiting: 1,
      loopLagMs: () => 0,
    });
  const names = () => supervisor.heard.flatMap((line) => (line.type === "hello" ? [line.name] : []));
  open("never-up").close();
  for (const name of ["first", "second", "third"]) {
    const link = open(name);
    await until(() => names().includes(name));
    link.close();
    expect(await link.askSeat("p3", 5)).toMatchObject({ kind: "seat" });
  }
  expect(names()).toEqual(["first", "second", "third"]);
});
