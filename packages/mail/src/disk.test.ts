/**
 * A disk that is full: the real process runs under a limit on the size of its files, which the kernel answers writes past
 * it with as it would a full disk. Mail that has no room is 452, for a time; nothing that got 250 is lost.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dial, mailsOf, postAt, startPost, startWorld, submit, until } from "./post.fixture.ts";

const fileBytes = 3_000_000;
const prlimit = "/usr/bin/prlimit";

// Needs prlimit, which only Linux has, to make a disk look full.
test.skipIf(!existsSync(prlimit))(
  "a full disk is a 452 at the door, and what was taken in before is delivered",
  { timeout: 60_000 },
  async () => {
    await using world = await startWorld();
    const config = world.config({});
    world.partitions.p1.manner = "silent";
    const file = join(world.folder, "mail.json");
    await writeFile(file, JSON.stringify({ ...config, logLevel: "error" }));
    const child = spawn(
      prlimit,
      [`--fsize=${fileBytes}`, process.execPath, join(import.meta.dirname, "main.ts"), "--config", file],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const exited = once(child, "exit");
    const answers: string[] = [];
    try {
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await until("the process is ready", () => said.includes("\n"));
      const { ports } = JSON.parse(said) as { ports: Record<string, string> };
      await using session = await dial(ports["mx"]);
      await session.reply();
      await session.say("EHLO client.test");
      for (let n = 0; n < 40 && !answers.at(-1)?.startsWith("452"); n++)
        answers.push(await submit(session, "a@b.test", ["u1@one.test"], `Subject: ${n}\r\n\r\n${"x".repeat(60_000)}`));
      expect(answers.at(-1)).toBe("452 4.3.1 The spool is full, try later");
      expect(await session.say("NOOP")).toBe("250 2.0.0 OK");
      expect(await postAt(ports).get("/health")).toMatchObject({ status: "ok" });
    } finally {
      child.kill("SIGKILL");
      await exited;
    }
    world.partitions.p1.manner = "answers";
    await using post = await startPost(config);
    const accepted = answers.filter((answer) => answer.startsWith("250")).length;
    expect(accepted).toBeGreaterThan(5);
    await until(
      "all of it is delivered",
      async () => (await mailsOf(config.maildirs, "u1@one.test")).length === accepted,
    );
    await until("none is left", async () => ((await post.get("/health")) as { queued: number }).queued === 0);
  },
);
