/**
 * Some rows of the table with swaks, the client that people try mail servers with: what it hears and how it ends has to
 * be what the table says, without anything of ours at the client's end.
 */
import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requires, thisMachine, type FoundProgram } from "@cordon/provision";
import { changeUser, startGround, type Ground, type Mail } from "./ground.ts";
import { disabled, known } from "./plays.ts";
import { replyOf, rowOf } from "./table.ts";

let ground: Ground;
let mail: Mail;
beforeAll(async () => {
  ground = await startGround();
  mail = await ground.startMail({ smtp: { messageBytes: 50_000 } });
  await changeUser(ground.seeded, "p1", disabled, { disabled: true });
});
afterAll(async () => {
  await mail?.[Symbol.asyncDispose]();
  await ground?.[Symbol.asyncDispose]();
});

/** What swaks ends with when the server accepts, refuses AUTH, every recipient, or the message. */
const ends = { accepted: 0, "no AUTH": 28, "no recipient": 24, "no message": 26 } as const;

interface Try {
  readonly input: string;
  readonly port: "mx" | "submission";
  readonly arguments: () => readonly string[];
  readonly ends: keyof typeof ends;
}

const to = (address: string): readonly string[] => ["--to", address];

/** AUTH as the first user of p1, with this password or the right one. */
function auth(password?: string): readonly string[] {
  const [user = { address: "", password: "" }] = ground.users.p1;
  return ["--auth", "PLAIN", "--auth-user", user.address, "--auth-password", password ?? user.password];
}

const tries: readonly Try[] = [
  { input: "the final dot, **on the disk**", port: "mx", arguments: () => to(known), ends: "accepted" },
  { input: "AUTH, right", port: "submission", arguments: () => [...to(known), ...auth()], ends: "accepted" },
  {
    input: "AUTH, auth says 401 or 400",
    port: "submission",
    arguments: () => [...to(known), ...auth("not the password")],
    ends: "no AUTH",
  },
  {
    input: "RCPT, a definite unknown",
    port: "mx",
    arguments: () => to("nobody@tenant1.example"),
    ends: "no recipient",
  },
  { input: "RCPT, disabled", port: "mx", arguments: () => to(disabled), ends: "no recipient" },
  { input: "RCPT, another's domain", port: "mx", arguments: () => to("a@elsewhere.example"), ends: "no recipient" },
  {
    input: "... past `smtp.messageBytes`",
    port: "mx",
    arguments: () => [...to(known), "--body", "x".repeat(60_000)],
    ends: "no message",
  },
  {
    input: "... with a lone LF",
    port: "mx",
    // As it stands: swaks makes CR LF of every line end otherwise.
    arguments: () => [...to(known), "--no-data-fixup", "--data", "Subject: x\r\n\r\na\nb\r\n.\r\n"],
    ends: "no message",
  },
];

const withinMs = 30_000;

/** Runs swaks; the replies it heard, and its exit code. */
function swaks(
  { program, environment }: FoundProgram,
  at: string,
  about: Try,
): Promise<{ replies: string[]; code: number }> {
  const fixed = ["--server", at, "--from", "someone@elsewhere.example", "--ehlo", "client.example", "--timeout", "20"];
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...environment }, timeout: withinMs };
    execFile(program, [...fixed, ...about.arguments()], options, (error, stdout) => {
      // `<-  250 ..` and, where the reply is not what swaks hoped for, `<** 550 ..`.
      const replies = [...stdout.matchAll(/^<(?:-|\*\*) +(.*)$/gm)].map((match) => match[1] ?? "");
      resolve({ replies, code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1 });
    });
  });
}

test.for(tries)("swaks hears what the table says of: $input", async (about, context) => {
  const found = await requires("swaks", context, thisMachine());
  const { replies, code } = await swaks(found, mail[about.port], about);
  const expected = replyOf(rowOf(about.input), mail.hostname);
  expect(replies).toSatisfy((heard: readonly string[]) => heard.some((reply) => expected.test(reply)));
  expect(code).toBe(ends[about.ends]);
});
