/**
 * One side of a drill, from a bare lab to its history: start, seed, load, break, heal, audit, clear away. It measures
 * nothing and judges nothing: it makes things happen at their time and writes down what the processes, the generator and
 * the auditor say. Whatever happens here, the lab is gone when it returns.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createFaultClient } from "@cordon/fault";
import {
  HistoryRecordSchema,
  EventSchema,
  type Clock,
  type Event,
  type History,
  type HistoryRecord,
  type LaneView,
  type Phase,
} from "@cordon/model";
import { createLineParser } from "@cordon/runtime";
import { audit } from "./audit.ts";
import { cpuMsOf, machineBusyMs, shareOfCores, type CpuReading } from "./cpu.ts";
import { client, type Drill, type Profile, type Variant } from "./drill.ts";
import { createFault } from "./faults.ts";
import { followEvents } from "./lab/follow.ts";
import { startLab, type Lab } from "./lab/lab.ts";
import type { LabSettings } from "./presets.ts";
import { importLines, populate, type Population } from "./workload/population.ts";

export interface SideOptions {
  readonly drill: Drill;
  readonly variant: Variant;
  readonly profile: Profile;
  readonly settings: LabSettings;
  readonly seed: string;
  /** Name of the side's lab; unique in `root`. */
  readonly runId: string;
  /** Where labs are kept. */
  readonly root: string;
  readonly clock: Clock;
}

/** What is told while a side runs, as it happens. */
export interface SideObserver {
  phase(phase: Phase, at: number): void;
  event(event: Event): void;
  /** The steady state just before the injection. */
  steady(figures: SteadyFigures): void;
}

export interface SteadyFigures {
  readonly seconds: number;
  readonly signIns: number;
  readonly okShare: number;
  readonly p95Ms: number | null;
}

export interface SideOutcome {
  readonly history: History;
  readonly cpu: CpuReading;
}

/** Nothing was injected: the lab did not start, or it was not sound before the fault. */
export class PreflightError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PreflightError";
  }
}

/** Between the order to the generator and its first send: it has to start. */
const generatorLeadMs = 900;
const graceMs = 1_200;
const queueEveryMs = 1_000;
/** With fewer sign-ins served than this before the fault, breaking the lab would prove nothing. */
const preflightOkShare = 0.95;

export async function runSide(options: SideOptions, observer: SideObserver, signal: AbortSignal): Promise<SideOutcome> {
  const { profile, clock } = options;
  const population = populate(partitionIds(profile.partitions), profile.users);
  const lab = await startLab(
    {
      root: options.root,
      runId: options.runId,
      settings: options.settings,
      partitions: profile.partitions,
      roleInstances: profile.roleInstances,
      faultPoints: true,
      seed: options.seed,
      tenants: population.tenants,
    },
    signal,
  ).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new PreflightError(error instanceof Error ? error.message : "the lab did not start");
  });
  const runner = { pid: process.pid };
  const runnerBefore = cpuMsOf([runner]).ownMs;
  const records: HistoryRecord[] = [];
  let cpu: CpuReading = { ownMs: 0 };
  try {
    const historyDir = join(lab.dir, "history");
    mkdirSync(historyDir, { recursive: true });
    await seedDirectory(lab, population);
    const stopFollowing = followEvents(lab.eventsDir, (event) => observer.event(event));
    const stopSampling = sampleHost(lab, clock, (record) => records.push(record));
    try {
      await perform(options, lab, historyDir, observer, records, AbortSignal.any([signal, lab.lost]));
    } finally {
      stopFollowing();
      stopSampling();
    }
    cpu = { ownMs: cpuMsOf([...lab.processes(), runner]).ownMs - runnerBefore };
    records.push(...(await exchangesOf(lab)), ...(await audit(lab.urls.mailApi, lab.maildirsDir, clock)));
    records.push(...readHistoryFiles(historyDir), ...readEventFiles(lab.eventsDir));
  } finally {
    await clearAway(lab);
  }
  return { history: records, cpu };
}

/** Rejects when the run is cut short; never resolves. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const cut = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("the run was cut short"));
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
  });

/** Ends the lab. What cannot be ended must not go unsaid, whatever the run came to. */
async function clearAway(lab: Lab): Promise<void> {
  const { left } = await lab.close();
  if (left.length === 0) return;
  const names = left.map(({ name, pid }) => `${name} (${pid})`).join(", ");
  throw new Error(`these could not be ended: ${names}; run: cordon doctor`);
}

/** The experiment itself: the phases, with the fault between them. */
async function perform(
  options: SideOptions,
  lab: Lab,
  historyDir: string,
  observer: SideObserver,
  records: HistoryRecord[],
  signal: AbortSignal,
): Promise<void> {
  const { profile, clock, variant, drill } = options;
  const seconds = (count: number): number => count * 1_000;
  const begin = (phase: Phase, at: number): void => {
    records.push({ type: "phase", at, phase });
    observer.phase(phase, at);
  };
  const until = (at: number): Promise<void> => delay(Math.max(0, at - clock.now()), undefined, { signal });
  const note = (step: "injected" | "proven" | "removed" | "proven-gone", at: number, detail: string): void => {
    records.push({ type: "fault", at, step, detail });
    observer.event({ at, source: "drill", kind: `fault-${step}`, partition: drill.failedPartition, detail });
  };

  const startAt = clock.now() + generatorLeadMs;
  const steadyAt = startAt + seconds(profile.warmSeconds);
  const faultAt = steadyAt + seconds(profile.steadySeconds);
  const load = await lab.spawnWorkload(workloadConfigs(options, lab, historyDir, startAt));
  await until(startAt);
  begin("warm", startAt);
  await until(steadyAt);
  begin("steady", steadyAt);
  await until(faultAt);
  const steady = steadyFigures(historyDir, steadyAt, clock.now());
  if (steady.okShare < preflightOkShare) {
    const share = (steady.okShare * 100).toFixed(1);
    throw new PreflightError(`no steady state: ${share} % of ${steady.signIns} sign-ins were served before the fault`);
  }
  observer.steady(steady);

  const targets = lab.instances().filter((instance) => instance.partition === drill.failedPartition);
  const fault = createFault(
    variant.fault,
    targets.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    {
      faultUrl: lab.urls.fault,
      token: lab.token,
      journalFrozen: (target) => lab.journal.frozen(target),
      leaseMs: seconds(profile.faultSeconds) + 30_000,
    },
  );
  const injectedAt = clock.now();
  begin("fault", injectedAt);
  note("injected", injectedAt, variant.injected);
  await fault.inject();
  const proof = fault.proveBites();
  const removeAt = injectedAt + seconds(profile.faultSeconds);
  if (await proof) note("proven", clock.now(), "a request of the drill's own got no answer");
  await until(removeAt);
  await fault.remove();
  const removedAt = clock.now();
  note("removed", removedAt, variant.removed);
  begin("recovery", removedAt);
  if (await fault.proveGone()) note("proven-gone", clock.now(), "a request of the drill's own was answered");
  await until(startAt + workloadLengthMs(profile));
  await Promise.race([load.ended, aborted(signal)]);
  begin("end", startAt + workloadLengthMs(profile));
}

export const partitionIds = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `p${n + 1}`);

/** The schedule's length: all phases together. */
export const workloadLengthMs = (profile: Profile): number =>
  (profile.warmSeconds + profile.steadySeconds + profile.faultSeconds + profile.recoverySeconds) * 1_000;

/** What the generator and the idle reference process are told. */
function workloadConfigs({ profile, seed }: SideOptions, lab: Lab, historyDir: string, startAt: number) {
  const [host = "127.0.0.1", port = "0"] = lab.urls.mx.split(":");
  return {
    generator: {
      startAt,
      seed,
      lengthMs: workloadLengthMs(profile),
      signInPerSecond: profile.signInPerSecond,
      mailPerSecond: profile.mailPerSecond,
      aliasShare: client.aliasShare,
      partitions: partitionIds(profile.partitions),
      users: profile.users,
      authUrl: lab.urls.auth,
      mx: { host, port: Number(port) },
      patienceMs: client.patienceMs,
      maxInFlight: client.maxInFlight,
      graceMs,
      historyFile: join(historyDir, "workload.ndjson"),
    },
    reference: { everyMs: 20, historyFile: join(historyDir, "reference.ndjson") },
  };
}

/** Users, hashes and aliases into each partition, through the import a real directory would be filled with. */
async function seedDirectory(lab: Lab, population: Population): Promise<void> {
  const partitions = new Map(lab.instances().map((instance) => [instance.partition, instance]));
  await Promise.all(
    [...partitions].map(async ([partition, instance]) => {
      const lines = importLines(population, partition);
      const response = await fetch(new URL("/v1/import", instance.direct), {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${lab.token}` },
        body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
        signal: AbortSignal.timeout(10_000),
      });
      const answer = (await response.json()) as { imported?: number };
      if (answer.imported !== lines.length) {
        throw new PreflightError(
          `${partition} imported ${answer.imported ?? 0} of ${lines.length} users (${response.status})`,
        );
      }
    }),
  );
}

/** Sign-ins of the steady phase so far, from the generator's own records. */
function steadyFigures(historyDir: string, from: number, now: number): SteadyFigures {
  const signIns = readHistoryFiles(historyDir).filter(
    (record) => record.type === "sign-in" && record.scheduledAt >= from,
  );
  const latencies = signIns
    .map((record) =>
      record.type === "sign-in" && record.outcome === "ok" && record.endedAt !== null
        ? record.endedAt - record.scheduledAt
        : undefined,
    )
    .filter((latency) => latency !== undefined)
    .toSorted((a, b) => a - b);
  return {
    seconds: (now - from) / 1_000,
    signIns: signIns.length,
    okShare: signIns.length === 0 ? 0 : latencies.length / signIns.length,
    p95Ms: latencies[Math.floor(latencies.length * 0.95)] ?? null,
  };
}

/** Notes once a second how much mail is waiting, for the charts, and what others take of the host's cores. */
function sampleHost(lab: Lab, clock: Clock, keep: (record: HistoryRecord) => void): () => void {
  let before = readCores(lab, clock.now());
  const timer = setInterval(() => {
    const at = clock.now();
    const cores = readCores(lab, at);
    const othersShare = othersShareOf(before, cores);
    before = cores;
    if (othersShare !== undefined) keep({ type: "host", at, othersShare });
    void fetch(new URL("/v1/lanes", lab.urls.mailApi), { signal: AbortSignal.timeout(queueEveryMs) })
      .then((response) => response.json() as Promise<LaneView[]>)
      .then((lanes) => {
        for (const { partition, queued, oldestMs } of lanes) keep({ type: "queue", at, partition, queued, oldestMs });
      })
      // A second without a sample is a gap in a chart.
      .catch(() => {});
  }, queueEveryMs);
  return () => clearInterval(timer);
}

interface CoresReading {
  readonly at: number;
  readonly busyMs: number | undefined;
  readonly ownMs: number;
}

const readCores = (lab: Lab, at: number): CoresReading => ({
  at,
  busyMs: machineBusyMs(),
  ownMs: cpuMsOf([...lab.processes(), { pid: process.pid }]).ownMs,
});

/** Share of all cores that others were busy for between two readings; undefined where the machine does not tell. */
function othersShareOf(before: CoresReading, now: CoresReading): number | undefined {
  if (before.busyMs === undefined || now.busyMs === undefined || now.at <= before.at) return undefined;
  const othersMs = now.busyMs - before.busyMs - (now.ownMs - before.ownMs);
  return shareOfCores(Math.max(0, othersMs), now.at - before.at);
}

/** Exchanges by the second, of every proxy a role instance ever had. The proxy's name is the instance's id. */
async function exchangesOf(lab: Lab): Promise<readonly HistoryRecord[]> {
  const fault = createFaultClient(lab.urls.fault, 5_000);
  const proxies = await fault.proxies();
  if (proxies.kind !== "ok") throw new Error(`the fault proxies' counters cannot be read: ${proxies.detail}`);
  const partitionOf = (name: string): string | undefined => /^(p\d+)[a-z]+$/.exec(name)?.[1];
  const records = await Promise.all(
    Object.keys(proxies.value).map(async (name) => {
      const partition = partitionOf(name);
      const seconds = await fault.seconds(name);
      if (partition === undefined || seconds.kind !== "ok") return [];
      return seconds.value.map(({ at, exchanges }): HistoryRecord => ({ type: "exchanges", at, partition, exchanges }));
    }),
  );
  return records.flat();
}

const parseRecord = createLineParser(HistoryRecordSchema);
const parseEvent = createLineParser(EventSchema);

function readHistoryFiles(dir: string): readonly HistoryRecord[] {
  return readLines(dir)
    .map((line) => parseRecord(line))
    .filter((record) => record !== undefined);
}

function readEventFiles(dir: string): readonly HistoryRecord[] {
  return readLines(dir)
    .map((line) => parseEvent(line))
    .filter((event) => event !== undefined)
    .map((event) => ({ type: "event", event }));
}

/** The lines of every .ndjson file in a directory. A last line that was cut off by a kill does not parse, and is left out. */
function readLines(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith(".ndjson"))
    .flatMap((file) => readFileSync(join(dir, file), "utf8").split("\n"))
    .filter((line) => line !== "");
}
