/**
 * The promise of 250, against SIGKILL: the real process is killed at random moments under load, started again on the same
 * spool, and in the end the Maildirs are counted. A message that got 250 is there exactly once; one whose answer never
 * came is there at most once; one that was refused is not there. A reader moves mail to `cur` while the process is dead,
 * so that finding an earlier try again is not left to the file's name alone. The seed is in the test's name.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { coin } from "@cordon/model";
import type { MailConfig } from "./config.ts";
import { dial, mailsOf, postAt, startWorld, submit, until, type World } from "./post.fixture.ts";

const kills = 20;
const senders = 6;
const domains = ["one.test", "two.test", "three.test"];
const seed = Math.floor(Math.random() * 1e9);

interface Child {
  readonly process: ChildProcess;
  readonly ports: Record<string, string>;
}

async function startChild(world: World, config: MailConfig): Promise<Child> {
  const file = join(world.folder, "mail.yaml");
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--config", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until("the process is ready", () => said.includes("\n") || child.exitCode !== null);
  return { process: child, ports: (JSON.parse(said) as { ports: Record<string, string> }).ports };
}

async function kill({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** What a mail reader does: new mail is moved to `cur` and marked as seen. */
async function readMail(maildirs: string): Promise<void> {
  for (const mailbox of await readdir(maildirs)) {
    const folder = join(maildirs, mailbox);
    const names = await readdir(join(folder, "new")).catch(() => []);
    for (const name of names) await rename(join(folder, "new", name), join(folder, "cur", `${name}:2,S`));
  }
}

test(
  `what got 250 is delivered exactly once after ${kills} SIGKILLs under load (seed ${seed})`,
  { timeout: 240_000 },
  async () => {
    await using world = await startWorld();
    const config = world.config({});
    const answers = new Map<string, string>();
    let child = await startChild(world, config);
    const load = { goes: true };

    /** Sends mail after mail, on a new session whenever the old one breaks. */
    const sendAll = async (sender: number): Promise<void> => {
      for (let n = 0; load.goes;) {
        const session = await dial(child.ports["mx"]);
        if ((await session.reply()).startsWith("220")) await session.say("EHLO load.test");
        for (let alive = true; alive && load.goes; n++) {
          const id = `s${sender}-${n}`;
          const to = domains.map((domain) => `u${Math.floor(coin(seed, id, domain) * 10)}@${domain}`).slice(n % 3);
          const answer = await submit(session, "load@elsewhere.test", to, `Message-ID: <${id}@load.test>\r\n\r\n${id}`);
          for (const mailbox of to) answers.set(`${id} ${mailbox}`, answer);
          alive = answer !== "closed";
        }
        await session[Symbol.asyncDispose]();
      }
    };

    try {
      const sessions = Array.from({ length: senders }, (_, sender) => sendAll(sender));
      for (let n = 0; n < kills; n++) {
        const answered = answers.size;
        const wanted = 5 + Math.floor(coin(seed, "kill", n) * 200);
        await until("enough was answered to kill again", () => answers.size >= answered + wanted);
        await kill(child);
        await readMail(config.maildirs);
        child = await startChild(world, config);
      }
      load.goes = false;
      await Promise.all(sessions);
      const post = postAt(child.ports);
      await until("nothing is queued", async () => ((await post.get("/health")) as { queued: number }).queued === 0);
      expect(await post.get("/health")).toMatchObject({ status: "ok" });

      const found = new Map<string, number>();
      for (const domain of domains) {
        for (let user = 0; user < 10; user++) {
          const mailbox = `u${user}@${domain}`;
          for (const mail of await mailsOf(config.maildirs, mailbox)) {
            const key = `${/^Message-ID: <([^@]+)@/m.exec(mail)?.[1] ?? "?"} ${mailbox}`;
            found.set(key, (found.get(key) ?? 0) + 1);
          }
        }
      }
      const accepted = [...answers].filter(([, answer]) => answer.startsWith("250"));
      const wrong = [...answers].filter(([key, answer]) => {
        const copies = found.get(key) ?? 0;
        if (answer.startsWith("250")) return copies !== 1;
        return answer === "closed" ? copies > 1 : copies > 0;
      });
      expect(wrong).toEqual([]);
      expect(accepted.length).toBeGreaterThan(kills * 5);
      expect([...found.keys()].filter((key) => !answers.has(key))).toEqual([]);
    } finally {
      load.goes = false;
      await kill(child);
    }
  },
);
