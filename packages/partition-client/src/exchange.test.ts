import { expect, test } from "vitest";
import { systemClock } from "@cordon/runtime";
import { createAlarms } from "./alarms.ts";
import { createExchange, lookupQuestion, verifyQuestion, type Ask } from "./exchange.ts";
import { mailbox, startRole, until, verified, type Manner, type Role } from "./lab.fixture.ts";
import type { Socket } from "node:net";
import type { LookupAnswer } from "@cordon/model";

const bounds = { connections: 4, connectTimeoutMs: 1000 };
/** They stand as long as the tests do; each exchange takes back its own. */
const alarms = createAlarms(systemClock);
const ask: Ask<LookupAnswer> = {
  question: lookupQuestion,
  body: JSON.stringify({ address: "ann@one.test" }),
  giveUpAt: Number.POSITIVE_INFINITY,
  deadline: "5000",
  atLeast: undefined,
  canary: false,
};
const exchangeWith = (role: Role) => {
  const exchange = createExchange({ id: role.id, service: role.service }, bounds, alarms);
  return { ...exchange, [Symbol.asyncDispose]: () => exchange.close(0) };
};

test("an answer that fits is handed on with what the instance says of its seats", async () => {
  await using role = await startRole("p1a");
  await using exchange = exchangeWith(role);
  expect(await exchange.send(ask).ended).toEqual({ kind: "answered", value: mailbox, freeSeats: 2 });
  expect(await exchange.send({ ...ask, question: verifyQuestion }).ended).toEqual({
    kind: "answered",
    value: verified,
    freeSeats: 2,
  });
});

test("the deadline and the revision asked for are said in headers, and not when there is none", async () => {
  await using role = await startRole("p1a");
  await using exchange = exchangeWith(role);
  await exchange.send({ ...ask, deadline: "321", atLeast: 7 }).ended;
  await exchange.send({ ...ask, deadline: undefined }).ended;
  expect(role.seen.map(({ headers }) => [headers["x-cordon-deadline-ms"], headers["x-cordon-at-least"]])).toEqual([
    ["321", "7"],
    [undefined, undefined],
  ]);
});

test.each<[Manner, object]>([
  ["busy", { kind: "busy", retryAfterMs: 2000 }],
  ["unavailable", { kind: "broken", detail: "status 503" }],
  ["rubbish", { kind: "broken", detail: "the answer does not fit its schema" }],
])("an instance that is %s is told apart", async (manner, reply) => {
  await using role = await startRole("p1a", () => manner);
  await using exchange = exchangeWith(role);
  expect(await exchange.send(ask).ended).toEqual(reply);
});

test("an instance that has not seen the revision yet is behind, and not broken", async () => {
  await using role = await startRole("p1a", () => "unavailable");
  await using exchange = exchangeWith(role);
  expect(await exchange.send({ ...ask, atLeast: 9 }).ended).toEqual({ kind: "behind" });
});

test("a reset and a refused connection are broken", async () => {
  const role = await startRole("p1a", () => "reset");
  await using exchange = exchangeWith(role);
  expect(await exchange.send(ask).ended).toMatchObject({ kind: "broken" });
  await role[Symbol.asyncDispose]();
  expect(await exchange.send(ask).ended).toMatchObject({ kind: "broken", detail: "ECONNREFUSED" });
});

test("an exchange that hangs is missed at its limit, and its connection is destroyed and not used again", async () => {
  await using role = await startRole("p1a", ({ ordinal }) => (ordinal === 0 ? "silent" : "answer"));
  await using exchange = exchangeWith(role);
  const hung = exchange.send({ ...ask, giveUpAt: systemClock.now() + 50 });
  await until(() => role.seen.length === 1, "the exchange to hang");
  const [socket] = role.sockets;
  expect(await hung.ended).toEqual({ kind: "missed" });
  await until(() => ![...role.sockets].includes(socket as Socket), "its connection to end");
  expect(await exchange.send(ask).ended).toMatchObject({ kind: "answered" });
});

test("connections that answered are used again", async () => {
  await using role = await startRole("p1a");
  await using exchange = exchangeWith(role);
  const used = new Set<unknown>();
  for (let sent = 0; sent < 20; sent++) {
    await exchange.send(ask).ended;
    for (const socket of role.sockets) used.add(socket);
  }
  // Two, as the next exchange may begin in the very turn in which the last one's connection comes free.
  expect(used.size).toBeLessThanOrEqual(2);
});

test("cancelling one exchange leaves those beside it alone", async () => {
  await using role = await startRole("p1a", () => "held");
  await using exchange = exchangeWith(role);
  const one = exchange.send(ask);
  const other = exchange.send(ask);
  await until(() => role.seen.length === 2, "both to be sent");
  one.cancel();
  expect(await one.ended).toEqual({ kind: "cancelled" });
  role.release();
  expect(await other.ended).toMatchObject({ kind: "answered" });
});

test("an exchange cancelled before it has a connection is never sent", async () => {
  await using role = await startRole("p1a", () => "held");
  await using exchange = exchangeWith(role);
  const early = exchange.send(ask);
  early.cancel();
  expect(await early.ended).toEqual({ kind: "cancelled" });
  const late = exchange.send(ask);
  await until(() => role.seen.length === 1, "the other to be sent");
  role.release();
  expect(await late.ended).toMatchObject({ kind: "answered" });
  expect(role.seen).toHaveLength(1);
});

test("closing lets what is in flight end, and leaves no socket", async () => {
  await using role = await startRole("p1a", () => "held");
  const exchange = createExchange({ id: role.id, service: role.service }, bounds, alarms);
  const running = exchange.send(ask);
  await until(() => role.seen.length === 1, "the exchange to be sent");
  const closed = exchange.close(5000);
  role.release();
  expect(await running.ended).toMatchObject({ kind: "answered" });
  await closed;
  await until(() => role.sockets.size === 0, "the sockets to end");
});
