/**
 * What a client can cost the mail service: memory, by sessions that say nothing, and processor time, by a message of dots,
 * measured on the real process beside plain text of the same size in the same run. The ratio is of processor time, which
 * a busy neighbour does not move as it moves a clock.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dial, session } from "./dialogue.ts";
import { startGround, type Ground } from "./ground.ts";
import { from, known } from "./plays.ts";

const onLinux = process.platform === "linux";
const megabyte = 1_000_000;

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(async () => {
  await ground?.[Symbol.asyncDispose]();
});

/** Memory of the process that is no file, bytes. */
const anonymousBytes = (pid: number): number =>
  Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;

/** Processor time that the process has had, in the kernel's ticks. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

// Reads /proc, which only Linux has.
test.runIf(onLinux)("a thousand sessions that say nothing cost at most 100 MB, and others are served", async () => {
  await using mail = await ground.startMail({ smtp: { sessions: 2_000 } });
  await using scope = new AsyncDisposableStack();
  const before = anonymousBytes(mail.pid);
  const greetings = await Promise.all(Array.from({ length: 1_000 }, () => scope.use(dial(mail.mx)).reply()));
  expect(new Set(greetings)).toEqual(new Set([`220 ${mail.hostname} ESMTP`]));
  using another = await session(mail.mx);
  await another.say(from);
  expect(await another.say(`RCPT TO:<${known}>`)).toBe("250 2.1.5 Accepted");
  expect(anonymousBytes(mail.pid) - before).toBeLessThan(100 * megabyte);
});

// Reads /proc, which only Linux has.
test.runIf(onLinux)("4 MiB of lines of dots cost at most twice the processor time of plain text", async () => {
  await using mail = await ground.startMail({});
  using sender = await session(mail.mx);
  const bodies = { plain: `${"x".repeat(62)}\r\n`.repeat(65_536), dots: "..\r\n".repeat(1_048_576) };
  const cost = { plain: 0, dots: 0 };
  for (let round = 0; round < 8; round++) {
    for (const [kind, body] of Object.entries(bodies) as [keyof typeof bodies, string][]) {
      const before = ticks(mail.pid);
      await sender.say(from);
      await sender.say(`RCPT TO:<${known}>`);
      await sender.say("DATA");
      expect(await sender.say(`Subject: ${kind}\r\n\r\n${body}.`)).toMatch(/^250 2\.6\.0 /);
      // The first rounds are for the compiler.
      if (round >= 3) cost[kind] += ticks(mail.pid) - before;
    }
  }
  expect(cost.dots / cost.plain).toBeLessThan(2);
});
