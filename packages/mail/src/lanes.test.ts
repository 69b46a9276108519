/** The lanes over real sockets: one partition silent, the others untouched; parked, let go, expired, and the one queue of `off`. */
import { expect, test } from "vitest";
import type { LaneView } from "@cordon/model";
import { dial, mailsOf, startPost, startWorld, submit, until, type Dialogue, type Post } from "./post.fixture.ts";

const open = async (post: Post): Promise<Dialogue> => {
  const session = await dial(post.ports["mx"]);
  await session.reply();
  await session.say("EHLO client.test");
  return session;
};
const lane = async (post: Post, partition: string): Promise<LaneView | undefined> =>
  ((await post.get("/v1/lanes")) as LaneView[]).find((view) => view.partition === partition);
const kinds = (post: Post): string[] =>
  post.events.filter(({ kind }) => kind.startsWith("lane-")).map(({ kind, partition }) => `${kind} ${partition}`);

test("mail for a silent partition is accepted and parked, the others flow, and on rejoin the lane drains", async () => {
  await using world = await startWorld();
  const config = world.config({});
  await using post = await startPost(config);
  await using session = await open(post);
  await until("the map is there", async () => (await lane(post, "p3")) !== undefined);
  world.partitions.p3.manner = "silent";
  for (let n = 0; n < 30; n++) {
    const to = [`u${n % 10}@one.test`, `u${n % 10}@three.test`];
    expect(await submit(session, "a@b.test", to, `Subject: ${n}\r\n\r\nx`)).toMatch(/^250/);
  }
  await until(
    "the others' mail is delivered",
    async () => (await mailsOf(config.maildirs, "u9@one.test")).length === 3,
  );
  await until("the lane is isolated", async () => (await lane(post, "p3"))?.state === "isolated");
  expect(await lane(post, "p3")).toMatchObject({ queued: 30 });
  expect(await mailsOf(config.maildirs, "u9@three.test")).toEqual([]);
  expect(await session.say("MAIL FROM:<a@b.test>")).toMatch(/^250/);
  expect(await session.say("RCPT TO:<nobody@three.test>")).toBe("250 2.1.5 Accepted");

  world.partitions.p3.manner = "answers";
  await until("the lane is empty", async () => (await lane(post, "p3"))?.queued === 0);
  for (let n = 0; n < 10; n++) expect(await mailsOf(config.maildirs, `u${n}@three.test`)).toHaveLength(3);
  await until("the lane flows", async () => (await lane(post, "p3"))?.state === "flowing");
  expect(kinds(post)).toEqual(["lane-isolated p3", "lane-draining p3", "lane-flowing p3"]);
  expect((await post.ledger()).filter(({ fate }) => fate !== "delivered")).toEqual([]);
});

test("mail put off for want of its partition goes when that is back, also when the service was restarted meanwhile", async () => {
  await using world = await startWorld();
  const anHour = 3_600_000;
  const config = world.config({
    deferral: { firstMs: anHour, factor: 2, maxMs: anHour, jitter: 0, expireMs: 100 * anHour },
  });
  const isParked = (post: Post) => async (): Promise<boolean> => (await lane(post, "p3"))?.state === "isolated";
  const delivered = (count: number) => async (): Promise<boolean> =>
    (await mailsOf(config.maildirs, "u1@three.test")).length === count;
  const putOff = async (post: Post): Promise<void> => {
    await using session = await open(post);
    await until("the map is there", async () => (await lane(post, "p3")) !== undefined);
    world.partitions.p3.manner = "silent";
    expect(await submit(session, "a@b.test", ["u1@three.test"], "Subject: x\r\n\r\nx")).toMatch(/^250/);
    await until("the lane is isolated", isParked(post));
  };
  {
    await using post = await startPost(config);
    await putOff(post);
  }
  {
    // It starts while the partition is away.
    await using post = await startPost(config);
    await until("the lane is isolated again", isParked(post));
    world.partitions.p3.manner = "answers";
    await until("it is delivered on rejoin", delivered(1));
    await putOff(post);
  }
  world.partitions.p3.manner = "answers";
  await using _post = await startPost(config);
  await until("it is delivered after the start", delivered(2));
});

test("the operator parks a lane and lets it go", async () => {
  await using world = await startWorld();
  const config = world.config({});
  await using post = await startPost(config);
  await using session = await open(post);
  await until("the map is there", async () => (await lane(post, "p2")) !== undefined);
  world.control.operator("p2", "isolated");
  await until("the lane is isolated", async () => (await lane(post, "p2"))?.state === "isolated");
  expect(await submit(session, "a@b.test", ["u1@two.test"], "Subject: x\r\n\r\nx")).toMatch(/^250/);
  expect(await submit(session, "a@b.test", ["u1@one.test"], "Subject: x\r\n\r\nx")).toMatch(/^250/);
  await until("the other's is there", async () => (await mailsOf(config.maildirs, "u1@one.test")).length === 1);
  expect(await lane(post, "p2")).toMatchObject({ queued: 1, state: "isolated" });
  world.control.operator("p2", "automatic");
  await until("it is delivered", async () => (await post.fates())["u1@two.test"] === "delivered");
  const [entry] = (await post.ledger()).filter(({ recipient }) => recipient === "u1@two.test");
  expect(entry?.attempts).toBe(1);
});

test("a lane that is full says so at the door, for a time, and no other lane does", async () => {
  await using world = await startWorld();
  const lanes = { kind: "per-partition", slots: 16, maxQueued: 2, ramp: "off" } as const;
  await using post = await startPost(world.config({ lanes }));
  await using session = await open(post);
  await until("the map is there", async () => (await lane(post, "p2")) !== undefined);
  world.control.operator("p2", "isolated");
  await until("the lane is isolated", async () => (await lane(post, "p2"))?.state === "isolated");
  for (let n = 0; n < 2; n++) expect(await submit(session, "a@b.test", ["u1@two.test"], "x: y")).toMatch(/^250/);
  expect(await submit(session, "a@b.test", ["u1@two.test"], "x: y")).toBe(
    "451 4.3.2 Too much mail is waiting for this recipient, try later",
  );
  await session.say("RSET");
  expect(await submit(session, "a@b.test", ["u1@one.test"], "x: y")).toMatch(/^250/);
});

test("mail whose time runs out in a parked lane comes back to its sender, who is told that it was time", async () => {
  await using world = await startWorld();
  const config = world.config({
    deferral: { firstMs: 50, factor: 2, maxMs: 100, jitter: 0, expireMs: 300 },
  });
  await using post = await startPost(config);
  await using session = await open(post);
  await until("the map is there", async () => (await lane(post, "p3")) !== undefined);
  world.control.operator("p3", "isolated");
  await until("the lane is isolated", async () => (await lane(post, "p3"))?.state === "isolated");
  await submit(session, "u1@one.test", ["u1@three.test"], "Message-ID: <late@x>\r\nSubject: late\r\n\r\nsecret");
  await submit(session, "", ["u2@three.test"], "Subject: a bounce from elsewhere\r\n\r\nx");
  await until("the bounce is delivered", async () => (await mailsOf(config.maildirs, "u1@one.test")).length === 1);
  const [bounce = ""] = await mailsOf(config.maildirs, "u1@one.test");
  expect(bounce).toContain("Return-Path: <>\r\n");
  expect(bounce).toContain("Content-Type: multipart/report; report-type=delivery-status;");
  expect(bounce).toContain("Status: 5.4.7\r\n");
  expect(bounce).toContain("Final-Recipient: rfc822; u1@three.test\r\n");
  expect(bounce).toContain("Message-ID: <late@x>\r\n");
  expect(bounce).not.toContain("secret");
  await until("every fate is known", async () => !Object.values(await post.fates()).includes("queued"));
  const ledger = await post.ledger();
  expect(ledger.map(({ recipient, fate, origin }) => `${recipient} ${fate} ${origin}`).toSorted()).toEqual([
    "u1@one.test delivered system",
    "u1@three.test bounced client",
    "u2@three.test bounced client",
  ]);
});

test("with one queue for all, a silent partition's look-ups hold the slots of everybody", async () => {
  await using world = await startWorld();
  const base = world.config({});
  const guard = {
    ...base.guard,
    isolation: "off",
    attemptTimeoutMs: { verify: 400, lookup: 60_000 },
  } as const;
  const config = world.config({
    lanes: { kind: "shared", slots: 2, maxQueued: 100 },
    admission: "off",
    guard: { ...guard, deadlineMs: "off", bulkhead: { kind: "shared", connections: 16 } },
  });
  await using post = await startPost(config);
  await using session = await open(post);
  await until("the map is there", async () => (await lane(post, "p3")) !== undefined);
  world.partitions.p3.manner = "silent";
  for (let n = 0; n < 2; n++) await submit(session, "a@b.test", [`u${n}@three.test`], "x: y");
  await until("both slots are held", () => (world.partitions.p3.asked.get("u1@three.test") ?? 0) > 0);
  expect(await submit(session, "a@b.test", ["u1@one.test"], "x: y")).toMatch(/^250/);
  expect(await lane(post, "p1")).toMatchObject({ queued: 1, state: "flowing" });
  expect(world.partitions.p1.asked.get("u1@one.test")).toBeUndefined();
});
