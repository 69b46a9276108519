/**
 * One side of a drill, from a bare lab to its history: start, seed, load, break, heal, audit, clear away. It measures
 * nothing and judges nothing: it makes things happen at their time and writes down what the processes, the generator and
 * the auditor say. Whatever happens here, the lab is gone when it returns.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  fillDirectory,
  followEvents,
  historyDir as historyDirOf,
  type Lab,
  type LabSettings,
  partitionIds,
  populate,
  startLab,
} from "@cordon/lab";
import type { Clock, Event, History, HistoryRecord, Phase } from "@cordon/model";
import { cpuMsOf, type CpuReading } from "./cpu.ts";
import { orWhyLost } from "./cut-short.ts";
import { client, type Drill, type Profile, type Variant } from "./drill.ts";
import { createFault } from "./faults.ts";
import { sampleHost } from "./host-samples.ts";
import { clearEarlier, PreflightError } from "./preflight.ts";
import { startWorkload } from "./workload-processes.ts";
import { collectHistory, steadyFigures, type SteadyFigures } from "./side-history.ts";

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

export interface SideOutcome {
  readonly history: History;
  readonly cpu: CpuReading;
}

/** Between the order to the generator and its first send: it has to start. */
const generatorLeadMs = 900;
const graceMs = 1_200;
/** With fewer sign-ins served than this before the fault, breaking the lab would prove nothing. */
const preflightOkShare = 0.95;

export async function runSide(options: SideOptions, observer: SideObserver, signal: AbortSignal): Promise<SideOutcome> {
  const { profile, clock } = options;
  const population = populate(partitionIds(profile), profile.users);
  clearEarlier(options.root, options.runId);
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
  ).catch(notReady(signal));
  const runner = { pid: process.pid };
  const runnerBefore = cpuMsOf([runner]).ownMs;
  const records: HistoryRecord[] = [];
  let cpu: CpuReading = { ownMs: 0 };
  const historyDir = historyDirOf(lab.dir);
  try {
    await fillDirectory(lab, population).catch(notReady(signal));
    const stopFollowing = followEvents(lab.eventsDir, (event) => observer.event(event));
    const stopSampling = sampleHost(lab, clock, (record) => records.push(record));
    try {
      const cutShort = AbortSignal.any([signal, lab.lost]);
      await orWhyLost(perform(options, lab, historyDir, observer, records, cutShort), lab.lost, signal);
    } finally {
      stopFollowing();
      stopSampling();
    }
    cpu = { ownMs: cpuMsOf([...lab.processes(), runner]).ownMs - runnerBefore };
    records.push(...(await collectHistory(lab, historyDir, clock)));
  } finally {
    await clearAway(lab);
  }
  return { history: records, cpu };
}

/** A lab that does not get as far as the workload is a failed preflight: nothing was injected. */
const notReady =
  (signal: AbortSignal) =>
  (error: unknown): never => {
    if (signal.aborted) throw error;
    throw new PreflightError(error instanceof Error ? error.message : "the lab did not start");
  };

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
  const load = startWorkload(lab, workloadConfigs(options, lab, historyDir, startAt));
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
      partitions: partitionIds(profile),
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
