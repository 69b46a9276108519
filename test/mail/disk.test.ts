/**
 * A full disk under a whole lab: mail says 452 and the directory 503, for the time being; people sign in as before; no
 * process ends; and when there is room again everything goes on and nothing that was acknowledged is missing.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { settingsOf, type Lab } from "@cordon/lab";
import { deadlineHeader } from "@cordon/model";
import { expect, test } from "vitest";
import { mailProgram, startSeededLab } from "../support/lab.ts";
import { openSession } from "../support/smtp.ts";
import { until } from "../support/until.ts";
import { makeSmallDisk, type Writer } from "./small-disk.ts";

const patienceMs = 30_000;
const diskMegabytes = 48;
/** Of these: room for all that waits, once the disk is cleared. */
const ballastMegabytes = 20;
const senders = 6;
/** Refusals in a row after which a sender believes that the disk is full. */
const refusals = 5;
/** The most that one sender sends; the disk is far smaller than what they could send together. */
const mostMails = 2_000;
const usersAtOnce = 50;
const mostUsers = 10_000;

interface Sending {
  readonly sent: readonly { readonly headerId: string; readonly mailbox: string }[];
  readonly refused: ReadonlySet<string>;
}

/** Sends mail after mail, `most` of them or until it is refused for good measure; what was accepted, and every other answer. */
async function sendMails(lab: Lab, mailboxes: readonly string[], most: number): Promise<Sending> {
  const sent: Sending["sent"][number][] = [];
  const refused = new Set<string>();
  using session = await openSession(lab.urls.mx, patienceMs);
  let inARow = 0;
  for (let n = 0; n < most && inARow < refusals; n++) {
    const mailbox = mailboxes[n % mailboxes.length] ?? "";
    const headerId = `<${randomUUID()}@full.example>`;
    const text = `Message-ID: ${headerId}\r\n\r\n${`${"x".repeat(78)}\r\n`.repeat(750)}`;
    const outcome = await session?.send({ from: "someone@elsewhere.example", to: [mailbox], text });
    if (outcome?.outcome === "ok") sent.push({ headerId, mailbox });
    else refused.add(outcome?.outcome === "refused" ? outcome.reply : "no answer");
    inARow = outcome?.outcome === "ok" ? 0 : inARow + 1;
  }
  return { sent, refused };
}

async function call(lab: Lab, method: string, url: string | URL, body?: object): Promise<number> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      authorization: `Bearer ${lab.token}`,
      [deadlineHeader]: String(patienceMs),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Creates users of p1 together, so many; the answers by their addresses. */
async function createUsers(lab: Lab, names: readonly string[], phc: string): Promise<ReadonlyMap<string, number>> {
  const [instance] = lab.instances().filter(({ partition }) => partition === "p1");
  const made = names.map(async (name) => {
    const address = `${name}@tenant1.example`;
    return [address, await call(lab, "POST", new URL("/v1/users", instance?.direct), { address, phc })] as const;
  });
  return new Map(await Promise.all(made));
}

/** Creates users until one is refused for want of room; all the answers. */
async function createUntilFull(lab: Lab, phc: string): Promise<ReadonlyMap<string, number>> {
  const all = new Map<string, number>();
  for (let n = 0; n < mostUsers && ![...all.values()].includes(503); n += usersAtOnce) {
    const names = Array.from({ length: usersAtOnce }, (_, more) => `during${n + more}`);
    for (const [address, status] of await createUsers(lab, names, phc)) all.set(address, status);
  }
  return all;
}

/** What the journal says was ever started: a process that ended and came back is in it twice. */
const started = (lab: Lab): readonly string[] =>
  readFileSync(join(lab.dir, "journal.ndjson"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"spawned"'));

/** Message-IDs in a mailbox, as often as they are there. */
function inMaildir(lab: Lab, mailbox: string): readonly string[] {
  const place = join(lab.maildirsDir, mailbox, "new");
  return readdirSync(place).map(
    (name) => /^Message-ID: (.*?)\r$/m.exec(readFileSync(join(place, name), "latin1"))?.[1] ?? "",
  );
}

async function queued(lab: Lab): Promise<number> {
  const response = await fetch(new URL("/health", lab.urls.mailApi), { signal: AbortSignal.timeout(patienceMs) });
  return ((await response.json()) as { queued: number }).queued;
}

// The limits of files and the small file system are Linux's.
test.runIf(process.platform === "linux")(
  "a full disk refuses for a time, ends no process and loses nothing",
  async () => {
    using disk = makeSmallDisk(diskMegabytes, ballastMegabytes);
    await using seeded = await startSeededLab({
      partitions: 2,
      roleInstances: 2,
      users: 16,
      seed: "disk",
      // Nobody is to be replaced on purpose: a process that comes twice has ended.
      settings: settingsOf("on", ["fence", "failover"]),
      store: "lmdb",
      mailProgram,
      ...(disk.mounted && { temporary: disk.root }),
    });
    const { lab, population } = seeded;
    const [user] = population.users;
    const mailboxes = population.users.map(({ address }) => address);
    // Again and again, as a person does: a host that others keep busy hashes slowly.
    const signIn = (): Promise<true> =>
      until("somebody signs in", patienceMs, async () => {
        const body = { address: user?.address, password: user?.password };
        return (await call(lab, "POST", new URL("/v1/sign-in", lab.urls.auth), body)) === 200;
      });
    await signIn();
    const phc = user?.phc ?? "";
    const firstUser = await createUsers(lab, ["before"], phc);
    expect([...firstUser.values()]).toEqual([200]);
    const before = started(lab);
    const processes = before.map((line) => JSON.parse(line) as { name: string; pid: number });
    const data = (owner: string, file: string): string => join(lab.dir, "data", owner, file);
    const writers: readonly Writer[] = processes.flatMap(({ name, pid }) => {
      if (name === "mail") return [{ pid, file: data("mail", "spool/data.mdb") }];
      const partition = /^(p\d)[a-z]/.exec(name)?.[1];
      return partition === undefined ? [] : [{ pid, file: data(partition, "directory.mdb") }];
    });

    const early = await sendMails(lab, mailboxes, mailboxes.length);
    expect(early.refused).toEqual(new Set());
    if (!disk.mounted) disk.fill(writers);
    const sendings = await Promise.all(Array.from({ length: senders }, () => sendMails(lab, mailboxes, mostMails)));
    if (disk.mounted) disk.fill(writers);
    expect(new Set(sendings.flatMap(({ refused }) => [...refused]))).toEqual(
      new Set(["452 4.3.1 The spool is full, try later"]),
    );
    const created = await createUntilFull(lab, phc);
    expect(new Set([...created.values()].filter((status) => status !== 200))).toEqual(new Set([503]));
    await signIn();
    const still = await sendMails(lab, mailboxes.slice(0, 1), refusals);
    expect(still.sent).toEqual([]);

    disk.clear(writers);
    expect([...(await createUsers(lab, ["after"], phc)).values()]).toEqual([200]);
    await until("mail is accepted again", patienceMs, async () => {
      using session = await openSession(lab.urls.mx, patienceMs);
      const text = "Subject: again\r\n";
      const outcome = await session?.send({ from: "someone@elsewhere.example", to: mailboxes.slice(0, 1), text });
      return outcome?.outcome === "ok";
    });
    await until("nothing is queued", patienceMs, async () => (await queued(lab)) === 0);

    const sent = [early, ...sendings].flatMap((one) => one.sent);
    const found = new Map(mailboxes.map((mailbox) => [mailbox, inMaildir(lab, mailbox)]));
    expect(
      sent.filter(({ headerId, mailbox }) => found.get(mailbox)?.filter((id) => id === headerId).length !== 1),
    ).toEqual([]);
    const acknowledged = [...firstUser, ...created].flatMap(([address, status]) => (status === 200 ? [address] : []));
    const [instance] = lab.instances().filter(({ partition }) => partition === "p1");
    const read = acknowledged.map((address) =>
      call(lab, "GET", new URL(`/v1/users/${encodeURIComponent(address)}`, instance?.direct)),
    );
    expect(new Set(await Promise.all(read))).toEqual(new Set([200]));
    expect(started(lab)).toEqual(before);
  },
);
