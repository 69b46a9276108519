/**
 * A post to test: the mail service over real sockets, with partitions, control and auth at the other ends of its wires,
 * and a client that speaks SMTP byte by byte. Nothing waits for a time: a test waits for a condition to come true, and
 * a condition that never does is a failure that says its name.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event, LedgerEntry, PartitionMap } from "@cordon/model";
import { createLog, createSupervisorLink, systemClock, type Events, type RunningProcess } from "@cordon/runtime";
import type { MailConfig } from "./config.ts";
import { mailboxFolder } from "./maildir.ts";
import { start } from "./start.ts";
import { startAuth, startControl, startPartition, type ControlWire, type PartitionWire } from "./wire.fixture.ts";

const patienceMs = 15_000;

/** Resolves once `holds` does; rejects, with the name of the condition, when it never does. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = systemClock.now() + patienceMs;
  while (!(await holds())) {
    if (systemClock.now() > giveUpAt) throw new Error(`it never came true that ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly partitions: Readonly<Record<"p1" | "p2" | "p3", PartitionWire>>;
  readonly control: ControlWire;
  readonly auth: Awaited<ReturnType<typeof startAuth>>;
  /** A configuration of the service in this world; `change` is laid over it. */
  config(change: Partial<MailConfig>): MailConfig;
}

/** Three partitions with users `u0` .. `u9` each, in the domains `one.test`, `two.test` and `three.test`. */
export async function startWorld(): Promise<World> {
  await using scope = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "cordon-mail-"));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const users = (domain: string): string[] => Array.from({ length: 10 }, (_, n) => `u${n}@${domain}`);
  const partitions = {
    p1: scope.use(await startPartition(users("one.test"))),
    p2: scope.use(await startPartition(users("two.test"))),
    p3: scope.use(await startPartition(users("three.test"))),
  };
  const map: PartitionMap = {
    epoch: 1,
    partitions: Object.entries(partitions).map(([id, { url }]) => ({
      id,
      instances: [{ id: `${id}a`, service: url }],
    })),
    buckets: ["p1"],
    tenants: ["one.test", "two.test", "three.test"],
    pins: { "one.test": "p1", "two.test": "p2", "three.test": "p3" },
  };
  const control = scope.use(await startControl(map));
  const auth = scope.use(await startAuth());
  const open = scope.move();
  return {
    folder,
    partitions,
    control,
    auth,
    config: (change) => ({ ...baseConfig(folder, control, auth.url), ...change }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const anyPort = { host: "127.0.0.1", port: 0 } as const;

const baseConfig = (folder: string, control: ControlWire, auth: string): MailConfig => ({
  name: "mail",
  eventsFile: join(folder, "events.ndjson"),
  supervisorSocket: null,
  logLevel: "error",
  mx: anyPort,
  submission: anyPort,
  api: anyPort,
  hostname: "mail.test",
  postmaster: "u0@one.test",
  control: { url: control.url, token: "a token of sixteen", mapKey: control.mapKey, mapFile: join(folder, "map.json") },
  auth: { url: auth, timeoutMs: 300, connections: 4 },
  tls: null,
  smtp: {
    sessions: 200,
    recipients: 100,
    messageBytes: 200_000,
    receivingBytes: 10_000_000,
    idleMs: 10_000,
    dataMs: 5_000,
    patienceMs: 200,
  },
  admission: { recipientCheckMs: 100 },
  guard: {
    attemptTimeoutMs: { verify: 400, lookup: 400 },
    deadlineMs: { verify: 800, lookup: 800 },
    bulkhead: { kind: "per-partition", seats: 32, waiting: 64, waitMs: 300 },
    breaker: "off",
    retry: { attempts: 1, delay: { kind: "jittered", baseMs: 1, capMs: 5 }, budget: { ratio: 0.1, reserve: 4 } },
    hedge: "off",
    evidence: {
      canaryEveryMs: 100,
      canaryTimeoutMs: 400,
      overdueMs: { verify: 300, lookup: 350 },
      redMisses: 2,
      windowMs: 3000,
      minSamples: 8,
      redShare: 0.5,
      yellowShare: 0.2,
      greenSuccesses: 3,
      slowFactor: 100,
      hostSlowShare: 0.6,
    },
    ejection: "off",
    isolation: { probes: 2, probeEveryMs: 100, probeLeaseMs: 400, rejoinSuccesses: 3 },
  },
  lanes: { kind: "per-partition", slots: 16, maxQueued: 10_000, ramp: { startPerSecond: 100, doubleMs: 200 } },
  deferral: { firstMs: 200, factor: 2, maxMs: 1000, jitter: 0.2, expireMs: 60_000 },
  expansion: { depth: 10, members: 1000, units: 2000 },
  spool: { mapBytes: 64 * 1024 * 1024, bodyBytes: 256 * 1024 * 1024, ledgerEntries: 100_000 },
  dataDir: join(folder, "data"),
  maildirs: join(folder, "maildirs"),
});

export interface Post extends AsyncDisposable {
  readonly ports: RunningProcess["ports"];
  readonly events: Event[];
  /** Every ledger entry, by order of change. */
  ledger(): Promise<LedgerEntry[]>;
  get(path: string): Promise<unknown>;
  /** The fate of each address the ledger knows, newest account. */
  fates(): Promise<Record<string, string>>;
}

/** Starts the service in this process. */
export async function startPost(config: MailConfig): Promise<Post> {
  const events: Event[] = [];
  const sink: Events = {
    emit: (kind, detail, about) =>
      void events.push({ at: systemClock.now(), source: "mail", kind, detail, ...about } as Event),
  };
  const random = Math.random;
  const link = createSupervisorLink({
    socket: null,
    name: "mail",
    clock: systemClock,
    random,
    maxWaiting: 1,
    loopLagMs: () => 0,
  });
  const log = createLog("mail", config.logLevel);
  const running = await start({ config, clock: systemClock, log, events: sink, link, random });
  return {
    events,
    ...postAt(running.ports),
    async [Symbol.asyncDispose]() {
      await running.close();
      link.close();
    },
  };
}

/** The questions a test asks of a running service. */
export function postAt(ports: RunningProcess["ports"]): Omit<Post, "events" | typeof Symbol.asyncDispose> {
  const get = async (path: string): Promise<unknown> => (await fetch(`${ports["api"] ?? ""}${path}`)).json();
  const ledger = async (): Promise<LedgerEntry[]> => {
    const entries: LedgerEntry[] = [];
    let after = 0;
    for (;;) {
      const page = (await get(`/v1/ledger?after=${after}&limit=1000`)) as { entries: LedgerEntry[]; next: number };
      if (page.next === after) return entries;
      entries.push(...page.entries);
      after = page.next;
    }
  };
  return {
    ports,
    get,
    ledger,
    fates: async () => Object.fromEntries((await ledger()).map(({ recipient, fate }) => [recipient, fate])),
  };
}

/** The messages in a mailbox, as they were written. */
export async function mailsOf(maildirs: string, mailbox: string): Promise<string[]> {
  const folder = join(maildirs, mailboxFolder(mailbox));
  const mails: string[] = [];
  for (const part of ["new", "cur"]) {
    const names = await readdir(join(folder, part)).catch(() => []);
    for (const name of names) mails.push(await readFile(join(folder, part, name), "latin1"));
  }
  return mails;
}

export interface Dialogue extends AsyncDisposable {
  /** Sends the bytes as they are. */
  send(bytes: string | Buffer): void;
  /** The next whole reply, its lines joined with `\n`; `closed` when the server closed instead. */
  reply(): Promise<string>;
  /** Sends a line and waits for its reply. */
  say(line: string): Promise<string>;
}

/** Opens an SMTP session; the greeting is the first reply. */
export async function dial(port: string | undefined): Promise<Dialogue> {
  const [host = "", number = ""] = (port ?? "").split(":");
  const socket: Socket = connect(Number(number), host);
  const replies: string[] = [];
  let lines: string[] = [];
  let rest = "";
  let closed = false;
  let wake = (): void => {};
  socket.on("data", (chunk) => {
    const parts = (rest + chunk.toString("latin1")).split("\r\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      if (line[3] === "-") continue;
      replies.push(lines.join("\n"));
      lines = [];
    }
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
    wake();
  });
  const reply = async (): Promise<string> => {
    while (replies.length === 0) {
      if (closed) return "closed";
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return replies.shift() ?? "closed";
  };
  const send = (bytes: string | Buffer): void => void socket.write(bytes);
  return {
    send,
    reply,
    say(line) {
      send(`${line}\r\n`);
      return reply();
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await Promise.resolve();
    },
  };
}

/** Sends one message on an open session and answers the reply to its DATA. */
export async function submit(session: Dialogue, from: string, to: readonly string[], text: string): Promise<string> {
  await session.say(`MAIL FROM:<${from}>`);
  for (const recipient of to) {
    const said = await session.say(`RCPT TO:<${recipient}>`);
    if (!said.startsWith("250")) return said;
  }
  await session.say("DATA");
  return session.say(`${text}\r\n.`);
}
