/**
 * The configuration of each process of a lab, as plain data: one function for each service. The services' own schemas
 * check it when they start (this package may not import them). What protects comes from the preset's settings; the
 * bounds below are the same on every side of a drill, and docs/limits explains them.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PartitionId } from "@cordon/model";
import {
  configFile,
  dataDir,
  eventsFile,
  maildirsDir,
  mapPrivateKeyFile,
  mapPublicKeyFile,
  redisConfFile,
} from "./paths.ts";
import type { LabPlan, Role } from "./plan.ts";
import { redisConf, redisPassword, redisPort, redisUrl } from "./redis-conf.ts";

/** Which process a configuration is for. */
export interface ConfigFor {
  readonly name: string;
  readonly role: Role;
  readonly partition?: string;
  readonly instance?: string;
}

export interface ConfigParts {
  readonly plan: LabPlan;
  readonly token: string;
  /** Base URL of control; everybody but control and the fault proxies needs it. */
  readonly controlUrl: string | undefined;
  /** Base URL auth serves on, or will. */
  readonly authUrl: string;
  /** Name of the port -> where the process served before, URL or host:port: it shall serve there again. */
  readonly ports: Readonly<Record<string, string>>;
}

/** Writes the configuration `process` starts from. YAML contains JSON. The file holds the token: nobody else may read it. */
export function writeConfig(process: ConfigFor, parts: ConfigParts): void {
  const { plan, token } = parts;
  const data = dataDir(plan.dir, process.partition ?? process.name);
  const [file, text] =
    process.role === "redis"
      ? [
          redisConfFile(plan.dir, process.name),
          redisConf({
            host: "127.0.0.1",
            port: redisPort(plan, process.partition),
            data,
            password: redisPassword(token, partitionOf(process)),
          }),
        ]
      : [configFile(plan.dir, process.name), `${JSON.stringify(configOf(process, process.role, parts), null, 2)}\n`];
  mkdirSync(dirname(file), { recursive: true });
  mkdirSync(data, { recursive: true });
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What the configuration of `process` says. Throws where `parts` lack what it needs. */
export function configOf(process: ConfigFor, role: Exclude<Role, "redis">, parts: ConfigParts): object {
  switch (role) {
    case "control":
      return controlConfig(process, parts);
    case "fault":
      return faultConfig(process, parts);
    case "directory":
      return directoryConfig(process, parts);
    case "auth":
      return authConfig(process, parts);
    case "mail":
      return mailConfig(process, parts);
  }
}

const controlConfig = (process: ConfigFor, { plan, token, ports }: ConfigParts): object => ({
  ...common(process, plan),
  listen: listenOn(ports["service"]),
  dataDir: dataDir(plan.dir, "control"),
  mapKeyFile: mapPrivateKeyFile(plan.dir),
  token,
  maxMapBytes: 2_000_000,
  maxRevocations: 100_000,
  keepRevocationsMs: 345_600_000,
  maxPendingChanges: 1_024,
  changeTimeoutMs: 2_000,
  polls: { maxWaiting: 1_024, longestWaitMs: 30_000 },
});

const faultConfig = (process: ConfigFor, { plan, ports }: ConfigParts): object => ({
  ...common(process, plan),
  api: listenOn(ports["api"]),
  seed: plan.seed,
  proxies: [],
  bounds: { maxProxies: 1_024, maxToxicsPerProxy: 16, maxOpenLinks: 2_048, maxDelayedBytes: mebibyte },
});

const directoryConfig = (process: ConfigFor, parts: ConfigParts): object => ({
  ...common(process, parts.plan),
  partition: process.partition,
  instance: process.instance,
  listen: { service: listenOn(parts.ports["service"]), health: listenOn(parts.ports["health"]) },
  store: parts.plan.store.kind === "redis" ? redisStore(process, parts) : lmdbStore(process, parts),
  control: controlOf(process, parts),
  controlTimeoutMs: 1_000,
  appointment: null,
  faultPoints: parts.plan.faultPoints,
  verifiedRecently: "off",
  longestMs: { verify: 10_000, lookup: 10_000, write: 10_000, import: 60_000 },
  import: { maxLineBytes: 65_536, batchLines: 500 },
  bounds: {
    waitingReads: 256,
    revisionPollMs: 5,
    waitingWrites: 256,
    forwardConnections: 16,
    connections: 2_048,
  },
});

const lmdbStore = (process: ConfigFor, { plan }: ConfigParts): object => ({
  kind: "lmdb",
  dataDir: dataDir(plan.dir, process.partition ?? process.name),
});

/** Throws where the process has none. */
function partitionOf({ name, partition }: ConfigFor): PartitionId {
  if (partition === undefined) throw new Error(`${name} is of no partition`);
  return partition;
}

const redisStore = (process: ConfigFor, { plan, token }: ConfigParts): object => ({
  kind: "redis",
  url: redisUrl("127.0.0.1", redisPort(plan, process.partition), redisPassword(token, partitionOf(process))),
  connectWithinMs: 500,
  silentMs: 1_000,
  readWithinMs: 250,
  writeWithinMs: 2_000,
  pendingCalls: 2_048,
});

const mailConfig = (process: ConfigFor, parts: ConfigParts): object => ({
  ...common(process, parts.plan),
  mx: listenOn(parts.ports["mx"]),
  submission: listenOn(parts.ports["submission"]),
  api: listenOn(parts.ports["api"]),
  hostname: "mail.cordon.invalid",
  postmaster: `postmaster@${parts.plan.tenants[0]?.domain ?? "cordon.invalid"}`,
  control: controlOf(process, parts),
  auth: { url: parts.authUrl, timeoutMs: 2_000, connections: 32 },
  tls: null,
  smtp: {
    sessions: 512,
    recipients: 100,
    messageBytes: 10 * mebibyte,
    receivingBytes: 128 * mebibyte,
    idleMs: 60_000,
    dataMs: 60_000,
    patienceMs: 1_000,
  },
  admission: parts.plan.settings.admission,
  guard: parts.plan.settings.guard,
  lanes: parts.plan.settings.lanes,
  deferral: parts.plan.settings.deferral,
  expansion: { depth: 10, members: 1_000, units: 1_000 },
  spool: { mapBytes: 256 * mebibyte, bodyBytes: 1_024 * mebibyte, ledgerEntries: 1_000_000 },
  dataDir: dataDir(parts.plan.dir, "mail"),
  maildirs: maildirsDir(parts.plan.dir),
});

const mebibyte = 1_048_576;

const common = (process: ConfigFor, plan: LabPlan): object => ({
  name: process.name,
  eventsFile: eventsFile(plan.dir, process.name),
  supervisorSocket: plan.linkSocket,
  logLevel: plan.logLevel,
});

function controlOf({ name }: ConfigFor, { plan, token, controlUrl }: ConfigParts): object {
  if (controlUrl === undefined) throw new Error(`${name} is configured before control serves`);
  const own = dataDir(plan.dir, name);
  mkdirSync(own, { recursive: true });
  return {
    url: controlUrl,
    token,
    mapKey: readFileSync(mapPublicKeyFile(plan.dir), "utf8"),
    mapFile: join(own, "map.json"),
  };
}

/** The address a process had, or any free port of the loopback. */
function listenOn(before: string | undefined): { host: string; port: number } {
  if (before === undefined) return { host: "127.0.0.1", port: 0 };
  const { hostname, port } = new URL(before.includes("://") ? before : `tcp://${before}`);
  return { host: hostname, port: Number(port) };
}

const authConfig = (process: ConfigFor, parts: ConfigParts): object => ({
  ...common(process, parts.plan),
  listen: listenOn(parts.authUrl),
  control: controlOf(process, parts),
  guard: parts.plan.settings.guard,
  fallback: parts.plan.settings.fallback,
  dataDir: dataDir(parts.plan.dir, "auth"),
  issuer: "https://auth.cordon.invalid",
  tokenSeconds: 3_600,
  ...signInBudget(parts.plan),
  maxSignIns: 2_048,
  mapSizeBytes: 256 * mebibyte,
});

/** What a fallback needs: one hash, and the wait for its seat. */
const fallbackReserveMs = 300;
/** Without deadlines nobody hurries the door either; a client has left long before. */
const unhurriedMs = 60_000;

/** The partition has its whole deadline; where there is a fallback, it has its time on top. */
function signInBudget({ settings }: LabPlan): { signInBudgetMs: number; fallbackReserveMs: number } {
  const { deadlineMs } = settings.guard;
  const forPartition = deadlineMs === "off" ? unhurriedMs : deadlineMs.verify;
  return { signInBudgetMs: forPartition + (settings.fallback === "off" ? 0 : fallbackReserveMs), fallbackReserveMs };
}
