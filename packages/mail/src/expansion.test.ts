/** Aliases and groups over real sockets: across partitions, in loops, twice to one mailbox, and to nobody. */
import { expect, test } from "vitest";
import { dial, mailsOf, startPost, startWorld, submit, until, type Post, type World } from "./post.fixture.ts";

const send = async (post: Post, to: readonly string[]): Promise<string> => {
  await using session = await dial(post.ports["mx"]);
  await session.reply();
  await session.say("EHLO client.test");
  return await submit(session, "u0@one.test", to, "Message-ID: <e@x>\r\nSubject: e\r\n\r\nx");
};
const alias = (world: World, from: string, target: string): void =>
  void world.partitions.p1.records.set(from, { kind: "alias", target });
const settled = (post: Post): Promise<void> =>
  until("every unit has its fate", async () => {
    const health = (await post.get("/health")) as { queued: number };
    return health.queued === 0 && (await post.ledger()).length > 0;
  });
const account = async (post: Post): Promise<string[]> =>
  (await post.ledger()).map(({ recipient, fate, partition }) => `${recipient} ${fate} ${partition}`).toSorted();

test("a group with members in two partitions becomes a unit in each one's lane", async () => {
  await using world = await startWorld();
  const config = world.config({});
  world.partitions.p1.records.set("all@one.test", { kind: "group", members: ["u1@one.test", "u2@two.test"] });
  await using post = await startPost(config);
  expect(await send(post, ["all@one.test"])).toMatch(/^250/);
  await settled(post);
  expect(await account(post)).toEqual([
    "all@one.test expanded p1",
    "u1@one.test delivered p1",
    "u2@two.test delivered p2",
  ]);
  expect(await mailsOf(config.maildirs, "u1@one.test")).toHaveLength(1);
  expect(await mailsOf(config.maildirs, "u2@two.test")).toHaveLength(1);
});

test("a mailbox reached twice by one message gets it once, and the second arrival is merged", async () => {
  await using world = await startWorld();
  const config = world.config({});
  world.partitions.p1.records.set("all@one.test", { kind: "group", members: ["u1@one.test", "me@one.test"] });
  alias(world, "me@one.test", "u1@one.test");
  world.partitions.p1.records.set("also@one.test", { kind: "mailbox", mailbox: "u1@one.test" });
  await using post = await startPost(config);
  expect(await send(post, ["all@one.test", "u1@one.test", "also@one.test"])).toMatch(/^250/);
  await settled(post);
  const fates = (await post.ledger()).map(({ fate }) => fate).toSorted();
  expect(fates).toEqual(["delivered", "expanded", "expanded", "merged", "merged", "merged"]);
  expect(await mailsOf(config.maildirs, "u1@one.test")).toHaveLength(1);
});

test("a loop of aliases is cut and comes back to the sender; a group that holds itself reaches its others", async () => {
  await using world = await startWorld();
  const config = world.config({});
  alias(world, "a@one.test", "b@one.test");
  alias(world, "b@one.test", "a@one.test");
  world.partitions.p1.records.set("self@one.test", { kind: "group", members: ["self@one.test", "u3@one.test"] });
  await using post = await startPost(config);
  expect(await send(post, ["a@one.test", "self@one.test"])).toMatch(/^250/);
  await settled(post);
  expect(await account(post)).toEqual([
    "a@one.test expanded p1",
    "b@one.test bounced p1",
    "self@one.test expanded p1",
    "u0@one.test delivered p1",
    "u3@one.test delivered p1",
  ]);
  const [bounce = ""] = await mailsOf(config.maildirs, "u0@one.test");
  expect(bounce).toContain("Original-Recipient: rfc822; a@one.test\r\n");
  expect(bounce).toContain("Status: 5.4.6\r\n");
});

test("aliases that lead on for too long, groups that are too large and members elsewhere come back to the sender", async () => {
  await using world = await startWorld();
  const config = world.config({ expansion: { depth: 3, members: 2, units: 100 } });
  for (let n = 0; n < 5; n++) alias(world, `d${n}@one.test`, `d${n + 1}@one.test`);
  world.partitions.p1.records.set("many@one.test", {
    kind: "group",
    members: ["u1@one.test", "u2@one.test", "u3@one.test"],
  });
  alias(world, "away@one.test", "a@elsewhere.test");
  await using post = await startPost(config);
  expect(await send(post, ["d0@one.test", "many@one.test", "away@one.test"])).toMatch(/^250/);
  await settled(post);
  const status = (await mailsOf(config.maildirs, "u0@one.test")).map(
    (mail) => /^Status: (.*)\r$/m.exec(mail)?.[1] ?? "none",
  );
  expect(new Set(status)).toEqual(new Set(["5.1.2", "5.4.6", "5.5.3"]));
  expect(status).toHaveLength(3);
  expect((await post.fates())["d3@one.test"]).toBe("bounced");
});

test("a recipient the directory turns out not to know comes back to the sender, once", async () => {
  await using world = await startWorld();
  const config = world.config({ admission: "off" });
  await using post = await startPost(config);
  expect(await send(post, ["nobody@two.test"])).toMatch(/^250/);
  await settled(post);
  const [bounce = "", ...more] = await mailsOf(config.maildirs, "u0@one.test");
  expect(more).toEqual([]);
  expect(bounce).toContain("Status: 5.1.1\r\n");
});
