/**
 * Where mail's behaviour is tried: a small lab with real directories and a real auth, and beside the lab's own mail service
 * others with its very configuration, changed in what a row of the table is about, a bound made small most of all.
 * Leaving a scope ends what was started in it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFaultClient } from "@cordon/fault";
import { settingsOf } from "@cordon/lab";
import { deadlineHeader, type Fate, type LedgerEntry, type LedgerPage } from "@cordon/model";
import { mailProgram, startSeededLab, type SeededLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

/** What a row may change of the configuration that a lab gives its mail service. */
export interface MailChange {
  readonly smtp?: Readonly<Partial<Record<"sessions" | "recipients" | "messageBytes" | "receivingBytes", number>>>;
  readonly times?: Readonly<Partial<Record<"idleMs" | "dataMs", number>>>;
  readonly maxQueued?: number;
  readonly bodyBytes?: number;
  /** Where control is said to be. */
  readonly controlUrl?: string;
}

export interface Mail extends AsyncDisposable {
  readonly pid: number;
  /** host:port. */
  readonly mx: string;
  readonly submission: string;
  readonly dataDir: string;
  readonly hostname: string;
  /** The newest fate of each unit of the message, by its Message-ID. */
  fates(headerId: string): Promise<readonly Fate[]>;
  /** The messages in a mailbox's Maildir that hold `text`, as they were written. */
  found(mailbox: string, text: string): readonly string[];
  health(): Promise<{ status: string }>;
}

export interface Ground extends AsyncDisposable {
  readonly seeded: SeededLab;
  /** Users of p1, which answers, and of p2, which a row may silence. */
  readonly users: Readonly<Record<"p1" | "p2", readonly { address: string; password: string }[]>>;
  startMail(change: MailChange): Promise<Mail>;
  /** Every role instance of p2 accepts and never answers, until the scope is left. */
  silence(): Promise<AsyncDisposable>;
}

const patienceMs = 30_000;
/** A fault heals by itself, should the test be killed. */
const leaseMs = 60_000;
const silent = "silent-for-a-row";

export async function startGround(): Promise<Ground> {
  await using scope = new AsyncDisposableStack();
  // A silent partition is to stay silent: nobody may replace it.
  const settings = settingsOf("on", ["fence", "failover"]);
  const seeded = scope.use(
    await startSeededLab({
      partitions: 2,
      roleInstances: 1,
      users: 40,
      seed: "mail",
      settings,
      store: "lmdb",
      mailProgram,
    }),
  );
  const { lab, population } = seeded;
  const fault = createFaultClient(lab.urls.fault, patienceMs);
  const ofP2 = lab.instances().filter(({ partition }) => partition === "p2");
  let started = 0;
  const open = scope.move();
  return {
    seeded,
    users: {
      p1: population.users.filter(({ partition }) => partition === "p1"),
      p2: population.users.filter(({ partition }) => partition === "p2"),
    },
    startMail: (change) => startMail(lab.dir, join(seeded.root, `mail-${(started += 1)}`), change),
    async silence() {
      for (const { id } of ofP2) {
        const added = await fault.addToxic(id, { name: silent, type: "silent", leaseMs });
        if (added.kind !== "ok") throw new Error(`${id} could not be silenced: ${added.detail}`);
      }
      return {
        async [Symbol.asyncDispose]() {
          for (const { id } of ofP2) await fault.removeToxic(id, silent);
        },
      };
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

interface LabMailConfig {
  readonly hostname: string;
  readonly control: object;
  readonly smtp: object;
  readonly lanes: object;
  readonly spool: object;
}

/** The mail service with the lab's configuration, changed, and files of its own in `folder`. */
async function startMail(labDir: string, folder: string, change: MailChange): Promise<Mail> {
  mkdirSync(folder, { recursive: true });
  const ofLab = JSON.parse(readFileSync(join(labDir, "config", "mail.yaml"), "utf8")) as LabMailConfig;
  const anyPort = { host: "127.0.0.1", port: 0 };
  const maildirs = join(folder, "maildirs");
  const dataDir = join(folder, "data");
  const config = {
    ...ofLab,
    supervisorSocket: null,
    logLevel: "error",
    eventsFile: join(folder, "events.ndjson"),
    mx: anyPort,
    submission: anyPort,
    api: anyPort,
    postmaster: "user1@tenant1.example",
    control: {
      ...ofLab.control,
      mapFile: join(folder, "map.json"),
      ...(change.controlUrl !== undefined && { url: change.controlUrl }),
    },
    smtp: { ...ofLab.smtp, ...change.smtp, ...change.times },
    lanes: { ...ofLab.lanes, ...(change.maxQueued !== undefined && { maxQueued: change.maxQueued }) },
    spool: { ...ofLab.spool, ...(change.bodyBytes !== undefined && { bodyBytes: change.bodyBytes }) },
    dataDir,
    maildirs,
  };
  const file = join(folder, "mail.json");
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(process.execPath, [mailProgram, "--config", file], { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(child, "exit");
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  await using starting = new AsyncDisposableStack();
  starting.defer(end);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until("the mail service is ready", patienceMs, () => {
    if (child.exitCode !== null) throw new Error(`the mail service ended with ${child.exitCode}`);
    return said.includes("\n");
  });
  const { ports } = JSON.parse(said) as { ports: Readonly<Record<"mx" | "submission" | "api", string>> };
  const get = async (path: string): Promise<unknown> =>
    (await fetch(new URL(path, ports.api), { signal: AbortSignal.timeout(patienceMs) })).json();
  const mail: Mail = {
    pid: child.pid ?? 0,
    mx: ports.mx,
    submission: ports.submission,
    dataDir,
    hostname: ofLab.hostname,
    async fates(headerId) {
      const newest = new Map<string, LedgerEntry>();
      for (let after = 0; ;) {
        const { entries, next } = (await get(`/v1/ledger?after=${after}&limit=1000`)) as LedgerPage;
        for (const entry of entries) if (entry.headerId === headerId) newest.set(entry.recipient, entry);
        if (next === after) return [...newest.values()].map(({ fate }) => fate);
        after = next;
      }
    },
    found: (mailbox, text) =>
      ["new", "cur"].flatMap((part) => {
        const place = join(maildirs, mailbox, part);
        const names = existsSync(place) ? readdirSync(place) : [];
        return names.map((name) => readFileSync(join(place, name), "latin1")).filter((one) => one.includes(text));
      }),
    health: () => get("/health") as Promise<{ status: string }>,
    [Symbol.asyncDispose]: end,
  };
  // A partition map, if control is there: what asks for a recipient before it would be told to come back.
  if (change.controlUrl === undefined)
    await until("mail has a map", patienceMs, () => existsSync(join(folder, "map.json")));
  starting.move();
  return mail;
}

/** Changes a user at a role instance of its partition. Throws when that refuses. */
export async function changeUser({ lab }: SeededLab, partition: string, address: string, body: object): Promise<void> {
  const instance = lab.instances().find((one) => one.partition === partition);
  if (instance === undefined) throw new Error(`no role instance serves ${partition}`);
  const response = await fetch(new URL(`/v1/users/${encodeURIComponent(address)}`, instance.direct), {
    method: "PATCH",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${lab.token}`,
      [deadlineHeader]: String(patienceMs),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
  if (response.status !== 200) throw new Error(`${address} could not be changed: ${await response.text()}`);
}
