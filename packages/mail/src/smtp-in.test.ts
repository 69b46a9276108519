/** Transcripts over raw sockets: what the door says to what a client sends, code and enhanced code. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  dial,
  mailsOf,
  startPost,
  startWorld,
  submit,
  until,
  type Dialogue,
  type Post,
  type World,
} from "./post.fixture.ts";

let world: World;
let post: Post;
beforeAll(async () => {
  world = await startWorld();
  world.partitions.p1.records.set("gone@one.test", { kind: "disabled" });
  world.partitions.p1.records.set("ünï@one.test", { kind: "mailbox", mailbox: "ünï@one.test" });
  post = await startPost(world.config({}));
});
afterAll(async () => {
  await post[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const session = async (port: "mx" | "submission" = "mx"): Promise<Dialogue> => {
  const opened = await dial(post.ports[port]);
  await opened.reply();
  await opened.say("EHLO client.test");
  return opened;
};
const plain = (user: string, password: string): string => Buffer.from(`\0${user}\0${password}`).toString("base64");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("EHLO names what the door can do, and on the mx port no AUTH", async () => {
  await using opened = await dial(post.ports["mx"]);
  expect(await opened.reply()).toBe("220 mail.test ESMTP");
  const said = await opened.say("EHLO client.test");
  expect(said.split("\n").slice(1)).toEqual([
    "250-PIPELINING",
    "250-8BITMIME",
    "250-SMTPUTF8",
    "250-ENHANCEDSTATUSCODES",
    "250 SIZE 200000",
  ]);
});

const from = "MAIL FROM:<a@elsewhere.test>";
test.each([
  ["a hosted recipient", [from, "RCPT TO:<u1@one.test>"], "250 2.1.5 Accepted"],
  ["an unknown one", [from, "RCPT TO:<nobody@one.test>"], "550 5.1.1 No such recipient here"],
  ["a disabled one", [from, "RCPT TO:<gone@one.test>"], "550 5.2.1 This mailbox is disabled"],
  ["another's domain", [from, "RCPT TO:<a@elsewhere.test>"], "550 5.7.1 The domain is not hosted here"],
  ["the null sender", ["MAIL FROM:<>"], "250 2.1.0 Accepted"],
  ["the domainless postmaster", [from, "RCPT TO:<postmaster>"], "250 2.1.5 Accepted"],
  ["a sender that is no address", ["MAIL FROM:<a b>"], "501 5.1.7 Error: Bad sender address syntax"],
  ["a recipient that is no address", [from, "RCPT TO:<@>"], "501 5.1.3 Error: Bad recipient address syntax"],
  ["a mailbox we could not have", [from, "RCPT TO:<a(b@one.test>"], "553 5.1.3 This is no address of a mailbox here"],
  ["a name that needs SMTPUTF8", [from, "RCPT TO:<ünï@one.test>"], "553 5.6.7 Such an address needs SMTPUTF8"],
  ["and one that said it", ["MAIL FROM:<a@b.test> SMTPUTF8", "RCPT TO:<ünï@one.test>"], "250 2.1.5 Accepted"],
  ["a SIZE past the bound", ["MAIL FROM:<a@b.test> SIZE=200001"], /^552 5\.3\.4 /],
  ["RCPT before MAIL", ["RCPT TO:<u1@one.test>"], /^503 5\.5\.1 /],
  ["DATA without a recipient", [from, "DATA"], /^503 5\.5\.1 /],
  ["an unknown command", ["FROB"], /^500 5\.5\.2 /],
  ["STARTTLS in a lab", ["STARTTLS"], /^500 5\.5\.2 /],
  ["AUTH on the mx port", ["AUTH PLAIN AA=="], /^500 5\.5\.2 /],
] as const)("%s", async (_what, lines, expected) => {
  await using opened = await session();
  let said = "";
  for (const line of lines) said = await opened.say(Buffer.from(line).toString("utf8"));
  expect(said).toMatch(expected);
});

test("the hundred and first recipient is one too many, for now", async () => {
  await using opened = await session();
  world.partitions.p2.records.clear();
  for (let n = 0; n < 101; n++)
    world.partitions.p2.records.set(`m${n}@two.test`, { kind: "mailbox", mailbox: "m@two.test" });
  await opened.say(from);
  for (let n = 0; n < 100; n++) expect(await opened.say(`RCPT TO:<m${n}@two.test>`)).toMatch(/^250/);
  expect(await opened.say("RCPT TO:<m100@two.test>")).toBe("452 4.5.3 Error: too many recipients");
});

test("pipelined commands are answered one by one, in order", async () => {
  await using opened = await session();
  opened.send(`${from}\r\nRCPT TO:<nobody@one.test>\r\nRCPT TO:<u2@one.test>\r\nDATA\r\n`);
  expect([await opened.reply(), await opened.reply(), await opened.reply(), await opened.reply()]).toEqual([
    "250 2.1.0 Accepted",
    "550 5.1.1 No such recipient here",
    "250 2.1.5 Accepted",
    "354 End data with <CR><LF>.<CR><LF>",
  ]);
  opened.send("Subject: x\r\n\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n");
  expect(await opened.reply()).toMatch(/^250 2\.6\.0 queued as /);
  expect([await opened.reply(), await opened.reply()]).toEqual(["250 2.0.0 OK", "221 2.0.0 Bye"]);
});

test.each([
  ["a lone LF", "a\nb\r\n"],
  ["a lone CR", "a\rb\r\n"],
  ["LF . CRLF", "a\n.\r\nMAIL FROM:<evil@x.test>\r\n"],
  ["CRLF . LF", "a\r\n.\nb\r\n"],
  ["CR CRLF", "a\r\r\n"],
  ["CRLF . CR CRLF", "a\r\n.\r\r\n"],
])("%s in a message is refused, and the session goes on", async (_what, bytes) => {
  await using opened = await session();
  await opened.say(from);
  await opened.say("RCPT TO:<u3@one.test>");
  await opened.say("DATA");
  opened.send(`Subject: smuggled\r\n\r\n${bytes}.\r\n`);
  expect(await opened.reply()).toBe("550 5.6.0 The message has a CR or an LF that stands alone");
  expect(await opened.say("NOOP")).toBe("250 2.0.0 OK");
  expect(await mailsOf(world.config({}).maildirs, "u3@one.test")).toEqual([]);
});

test("dots at the beginnings of lines come through, one stuffed dot less", async () => {
  await using opened = await session();
  const said = await submit(opened, "a@b.test", ["u4@one.test"], "Subject: dots\r\n\r\n..\r\n...x\r\n..y");
  expect(said).toMatch(/^250/);
  await until("it is there", async () => (await mailsOf(world.config({}).maildirs, "u4@one.test")).length === 1);
  const [mail = ""] = await mailsOf(world.config({}).maildirs, "u4@one.test");
  expect(mail.slice(mail.indexOf("Subject"))).toBe("Subject: dots\r\n\r\n.\r\n..x\r\n.y\r\n");
});

test("a message past the bound is read to its end and refused", async () => {
  await using opened = await session();
  await opened.say(from);
  await opened.say("RCPT TO:<u5@one.test>");
  await opened.say("DATA");
  opened.send("Subject: large\r\n\r\n");
  for (let n = 0; n < 30; n++) opened.send(`${"x".repeat(9998)}\r\n`);
  expect(await opened.say(".")).toMatch(/^552 5\.3\.4 /);
  expect(await opened.say("NOOP")).toBe("250 2.0.0 OK");
});

test("a line of 100 KB in a message is mail; as a command it ends the session", async () => {
  await using opened = await session();
  expect(await submit(opened, "a@b.test", ["u6@one.test"], `Subject: wide\r\n\r\n${"x".repeat(100_000)}`)).toMatch(
    /^250/,
  );
  opened.send(`NOOP ${"x".repeat(100_000)}\r\n`);
  expect(await opened.reply()).toMatch(/^421 4\.4\.2 Error: Command line too long/);
  expect(await opened.reply()).toBe("closed");
});

test("who talks before the greeting is sent away", async () => {
  await using opened = await dial(post.ports["mx"]);
  expect(await opened.say("EHLO early.test")).toMatch(/^421 .*You talk too soon/);
  expect(await opened.reply()).toBe("closed");
});

test("a sender that pauses in DATA for longer than it may is sent away, and nothing is kept", async () => {
  await using other = await startWorld();
  await using slow = await startPost(other.config({ smtp: { ...other.config({}).smtp, dataMs: 50 } }));
  await using opened = await dial(slow.ports["mx"]);
  await opened.reply();
  await opened.say("EHLO client.test");
  await opened.say(from);
  await opened.say("RCPT TO:<u1@one.test>");
  await opened.say("DATA");
  opened.send("Subject: half\r\n");
  expect(await opened.reply()).toBe("421 4.4.2 The message took too long");
  expect(await opened.reply()).toBe("closed");
  expect(await slow.ledger()).toEqual([]);
});

test("submission wants AUTH first, offers PLAIN and LOGIN, and trusts auth's word", async () => {
  world.auth.says = 200;
  await using opened = await session("submission");
  expect(await opened.say(from)).toMatch(/^530 5\.7\.0 /);
  expect(await opened.say(`AUTH PLAIN ${plain("u1@one.test", "right")}`)).toBe("235 2.7.0 Authentication successful");
  expect(world.auth.asked.at(-1)).toEqual({ address: "u1@one.test", password: "right" });
  expect(await submit(opened, "u1@one.test", ["u7@one.test"], "Subject: mine\r\n\r\nx")).toMatch(/^250/);
  await using second = await session("submission");
  expect(await second.say("AUTH LOGIN")).toBe("334 VXNlcm5hbWU6");
  expect(await second.say(base64("u2@one.test"))).toBe("334 UGFzc3dvcmQ6");
  expect(await second.say(base64("right"))).toMatch(/^235 2\.7\.0 /);
});

test.each([
  [401, "535 5.7.8 The address or the password is wrong"],
  [400, "535 5.7.8 The address or the password is wrong"],
  [503, "454 4.7.0 Signing in is temporarily unavailable, try later"],
  [429, "454 4.7.0 Signing in is temporarily unavailable, try later"],
  [500, "454 4.7.0 Signing in is temporarily unavailable, try later"],
  ["silent", "454 4.7.0 Signing in is temporarily unavailable, try later"],
] as const)("when auth says %s, AUTH is answered %s", async (says, expected) => {
  world.auth.says = says;
  await using opened = await session("submission");
  expect(await opened.say(`AUTH PLAIN ${plain("u1@one.test", "x")}`)).toBe(expected);
});
