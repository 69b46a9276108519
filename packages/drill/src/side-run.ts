/**
 * One side of a drill, from a bare lab to its history: start, seed, experiment, audit, clear away. It measures nothing and
 * judges nothing: it makes things happen and writes down what the processes, the generator and the auditor say. A side
 * that cannot be carried through is an answer with its reason; whatever happens here, the lab is gone when it returns.
 */
import {
  fillDirectory,
  followEvents,
  historyDir as historyDirOf,
  type Lab,
  partitionIds,
  type Population,
  populate,
  removeClosedRun,
  serviceParts,
  startLabOf,
} from "@cordon/lab";
import type { History, HistoryRecord } from "@cordon/model";
import { cpuMsOf, type CpuReading } from "@cordon/runtime";
import { perform } from "./experiment.ts";
import { refuseFaultsByHand } from "./faults-by-hand.ts";
import { watchGround } from "./ground-watch.ts";
import { lostSoFar } from "./live-lost.ts";
import { watchLive, type LiveListener } from "./live-watch.ts";
import { metBy } from "./abort-when.ts";
import { sampleHost } from "./host-samples.ts";
import { watchOperator } from "./operator-watch.ts";
import type { SideObserver, SideOptions } from "./side.ts";
import { asLost, lostWords, NotCleared, orWhyCut, SideLost } from "./side-lost.ts";
import { collectHistory } from "./side-history.ts";
import type { Workload } from "./workload-processes.ts";

export type SideOutcome =
  | { readonly kind: "ended"; readonly history: History; readonly cpu: CpuReading }
  /** What the drill stood on gave way. `injected`: its fault was in by then. */
  | { readonly kind: "lost"; readonly reason: string; readonly injected: boolean };

/** Throws NotCleared; when `signal` aborts, whatever was cut off by it; and what is a mistake in the code. */
export async function runSide(options: SideOptions, observer: SideObserver, signal: AbortSignal): Promise<SideOutcome> {
  const population = populate(partitionIds(options.profile), options.profile.users);
  const records: HistoryRecord[] = [];
  let lab: Lab | undefined;
  try {
    lab = await startOne(options, population, signal);
    const cpu = await runOn(lab, population, options, observer, records, signal);
    return { kind: "ended", history: records, cpu };
  } catch (error) {
    if (signal.aborted || !(error instanceof SideLost)) throw error;
    const [injectedAt = null] = records.flatMap((one) =>
      one.type === "fault" && one.step === "injected" ? [one.at] : [],
    );
    const reason = lostWords(error, options.clock.now(), injectedAt);
    return { kind: "lost", reason, injected: injectedAt !== null };
  } finally {
    if (lab !== undefined) await clearAway(lab);
  }
}

/** A lab that is ready, with users in its directory. */
async function startOne(
  { profile, ...options }: SideOptions,
  population: Population,
  signal: AbortSignal,
): Promise<Lab> {
  removeClosedRun(options.root, options.runId);
  const bounds = { ...serviceParts.bounds, readyWithinMs: options.readyWithinMs };
  const lab = await startLabOf(
    { ...serviceParts, bounds },
    {
      root: options.root,
      runId: options.runId,
      settings: options.settings,
      partitions: profile.partitions,
      roleInstances: profile.roleInstances,
      faultPoints: true,
      keepsHistory: true,
      ...(options.handsOn && { hidesFaults: true }),
      store: options.store,
      seed: options.seed,
      tenants: population.tenants,
    },
    signal,
  ).catch((error: unknown) => {
    throw signal.aborted ? error : asLost(error);
  });
  try {
    await fillDirectory(lab, population);
    return lab;
  } catch (error) {
    await clearAway(lab);
    throw signal.aborted ? error : asLost(error);
  }
}

/** Load, fault and audit; what they leave behind is in `records`. */
async function runOn(
  lab: Lab,
  population: Population,
  options: SideOptions,
  observer: SideObserver,
  records: HistoryRecord[],
  signal: AbortSignal,
): Promise<CpuReading> {
  const { clock } = options;
  const runner = { pid: process.pid };
  const runnerBefore = cpuMsOf([runner]).ownMs;
  const historyDir = historyDirOf(lab.dir);
  const failing = new AbortController();
  const cut = AbortSignal.any([signal, failing.signal]);
  lab.lost.addEventListener("abort", () => failing.abort(asLost(lab.lost.reason)));
  using scope = new DisposableStack();
  scope.defer(followEvents(lab.eventsDir, (event) => observer.event(event)));
  scope.defer(sampleHost(lab, clock, (record) => records.push(record)));
  const ground = scope.use(watchGround(lab, (why) => failing.abort(why)));
  const orders = scope.use(
    watchOperator(lab, clock, (event) => {
      records.push({ type: "event", event });
      observer.event(event);
    }),
  );
  const stop = new AbortController();
  if (options.handsOn || options.abortWhen.length > 0)
    scope.use(
      watchLive({ options, population, historyDir, records }, onLive(lab, population, options, observer, stop)),
    );
  const loaded = ({ ended }: Workload): void => void ended.catch((error: unknown) => failing.abort(error));
  const stage = { options, lab, historyDir, observer, records, loaded, cut, stop: stop.signal };
  const cpu = await orWhyCut(
    perform(stage)
      .then(async () => {
        const taken = { ownMs: cpuMsOf([...lab.processes(), runner]).ownMs - runnerBefore };
        records.push(...(await collectHistory(lab, historyDir, population, clock)));
        return taken;
      })
      .catch((error: unknown) => {
        if (error instanceof SideLost) ground.look();
        throw error;
      }),
    cut,
  );
  await refuseFaultsByHand(lab, options.drill.failedPartition);
  const unasked = await orders.settle();
  if (unasked !== undefined) throw new SideLost(unasked, "that nobody ordered anything by hand cannot be proven");
  return cpu;
}

/** Tells the live figures, and gives the word to stop when a condition is true. */
function onLive(
  lab: Lab,
  population: Population,
  { abortWhen, clock }: SideOptions,
  observer: SideObserver,
  stop: AbortController,
): LiveListener {
  const countLost = abortWhen.some(({ figure }) => figure === "lost") ? lostSoFar(lab, population, clock) : undefined;
  return (live, accepted) => {
    observer.live?.(live);
    const met = metBy(abortWhen, { live, lost: countLost?.(accepted) ?? null });
    if (met !== undefined) stop.abort(met);
  };
}

/** Ends the lab. What cannot be ended must not go unsaid, whatever the run came to. */
async function clearAway(lab: Lab): Promise<void> {
  const { left } = await lab.close();
  if (left.length === 0) return;
  const names = left.map(({ name, pid }) => `${name} (${pid})`).join(", ");
  throw new NotCleared(`these could not be ended: ${names}; run: cordon doctor`);
}
