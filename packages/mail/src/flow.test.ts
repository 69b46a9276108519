/** From SMTP to the Maildir: what is delivered, expanded, merged and bounced, over real sockets. */
import { expect, test } from "vitest";
import { dial, mailsOf, startPost, startWorld, submit, until } from "./post.fixture.ts";

const text = (id: string): string => `Message-ID: <${id}@client.test>\r\nSubject: ${id}\r\n\r\nbody of ${id}`;

test("a mail is in the Maildir with its trace on top, and the ledger says delivered", async () => {
  await using world = await startWorld();
  const config = world.config({});
  await using post = await startPost(config);
  await using session = await dial(post.ports["mx"]);
  await session.reply();
  await session.say("EHLO client.test");
  expect(await submit(session, "a@elsewhere.test", ["u1@one.test"], text("m1"))).toMatch(/^250 2\.6\.0 queued as /);
  await until("the mail is delivered", async () => (await post.fates())["u1@one.test"] === "delivered");
  const [mail = "", ...more] = await mailsOf(config.maildirs, "u1@one.test");
  expect(more).toEqual([]);
  expect(mail).toMatch(
    /^Return-Path: <a@elsewhere\.test>\r\nDelivered-To: u1@one\.test\r\nReceived: from client\.test \(\[127\.0\.0\.1\]\)\r\n\tby mail\.test with ESMTP id [0-9A-Z]{26};\r\n\t[^\r\n]+ \+0000\r\nMessage-ID: <m1@client\.test>\r\n/,
  );
  expect(mail.endsWith("\r\n\r\nbody of m1\r\n")).toBe(true);
  const [entry] = await post.ledger();
  expect(entry).toMatchObject({
    headerId: "<m1@client.test>",
    mailbox: "u1@one.test",
    partition: "p1",
    fate: "delivered",
    origin: "client",
    attempts: 1,
  });
});
