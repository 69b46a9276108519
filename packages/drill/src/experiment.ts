/**
 * The experiment itself, on a lab that is ready and filled: the phases at their times, with the fault between them, each
 * step noted when it was done. It throws when it cannot be carried through, a SideLost where the lab is to blame.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Lab, partitionIds, populate } from "@cordon/lab";
import { planWorkload } from "@cordon/load";
import { othersShareIn } from "@cordon/measure";
import type { Event, HistoryRecord, Phase } from "@cordon/model";
import { client, type Profile } from "./drill.ts";
import { createFault, type Fault } from "./faults.ts";
import { awaitResume } from "./pause.ts";
import { SideLost, SideStopped, whenCut } from "./side-lost.ts";
import { readHistoryFiles } from "./side-history.ts";
import type { SideObserver, SideOptions } from "./side.ts";
import { steadyFigures, unsoundBy } from "./steady-gate.ts";
import { startWorkload, type Workload } from "./workload-processes.ts";

export interface Stage {
  readonly options: SideOptions;
  readonly lab: Lab;
  readonly historyDir: string;
  readonly observer: SideObserver;
  /** What the drill itself saw and did is written here. */
  readonly records: HistoryRecord[];
  /** Hands over the load once it is under way, so that somebody hears of its end. */
  readonly loaded: (load: Workload) => void;
  /** Aborted when the side is cut short. */
  readonly cut: AbortSignal;
  /** Aborted, with the reason in words, when the fault is to be taken away early and the side ended. */
  readonly stop: AbortSignal;
}

/** Between the order to the generator and its first send: it has to start. */
const generatorLeadMs = 900;
/** Answers to the last sends are waited for so long by the generator, and the generator itself so much longer. */
const graceMs = 1_200;
const generatorEndsWithinMs = 10_000;
/** A fault's lease beyond the time it is wanted for, so that it never heals by itself before it is removed. */
export const leaseReserveMs = 30_000;

const ms = (seconds: number): number => seconds * 1_000;

/** The schedule's length: all phases together. */
export const workloadLengthMs = (profile: Profile): number =>
  ms(profile.warmSeconds + profile.steadySeconds + profile.faultSeconds + profile.recoverySeconds);

/** What the schedule of a run is made from. */
export const workloadPlan = (profile: Profile, seed: string) => ({
  seed,
  lengthMs: workloadLengthMs(profile),
  signInPerSecond: profile.signInPerSecond,
  mailPerSecond: profile.mailPerSecond,
  aliasShare: client.aliasShare,
});

export async function perform(stage: Stage): Promise<void> {
  const { options, lab, cut } = stage;
  const { profile, clock } = options;
  const until = (at: number): Promise<void> => delay(Math.max(0, at - clock.now()), undefined, { signal: cut });

  if (options.pauseMs !== null)
    await awaitResume(lab.dir, options.pauseMs, (resume) => stage.observer.paused?.(resume), cut);
  const startAt = clock.now() + generatorLeadMs;
  const steadyAt = startAt + ms(profile.warmSeconds);
  const endAt = startAt + workloadLengthMs(profile);
  const load = startWorkload(lab, workloadConfigs(options, lab, stage.historyDir, startAt));
  stage.loaded(load);
  await until(startAt);
  begin(stage, "warm", startAt);
  await until(steadyAt);
  begin(stage, "steady", steadyAt);
  await until(steadyAt + ms(profile.steadySeconds));
  lookAtSteady(stage, startAt, steadyAt);

  await breakAndHeal(stage);
  await until(endAt);
  const overdue = AbortSignal.timeout(graceMs + generatorEndsWithinMs);
  await Promise.race([load.ended, whenCut(cut), late(overdue)]);
  begin(stage, "end", endAt);
}

/** A generator that has stopped would be waited for without an end. */
const late = (overdue: AbortSignal): Promise<never> =>
  whenCut(overdue).catch(() => {
    throw new SideLost("the generator did not come to its end", "users went unmeasured");
  });

function begin({ records, observer }: Stage, phase: Phase, at: number): void {
  records.push({ type: "phase", at, phase });
  observer.phase(phase, at);
}

function lookAtSteady({ options, historyDir, observer, records }: Stage, startAt: number, steadyAt: number): void {
  const { profile, seed, clock } = options;
  const { users } = populate(partitionIds(profile), profile.users);
  const planned = planWorkload(workloadPlan(profile, seed), users);
  const look = { planned, startAt, steadyAt, now: clock.now(), lateMs: client.lateMs };
  const steady = steadyFigures(look, readHistoryFiles(historyDir));
  const host = records.filter((record) => record.type === "host");
  const unsound = unsoundBy(steady, othersShareIn(host, { from: steadyAt, to: look.now }));
  if (unsound !== undefined) throw new SideLost(unsound);
  observer.steady(steady);
}

/** The fault, from its order to the proof that it is gone. */
async function breakAndHeal(stage: Stage): Promise<void> {
  const { profile, clock, variant, handsOn } = stage.options;
  const fault = faultOf(stage);
  const injectedAt = clock.now();
  begin(stage, "fault", injectedAt);
  note(stage, "injected", injectedAt, variant.injected);
  await fault.inject();
  if (await fault.proveBites()) note(stage, "proven", clock.now(), "a request of the drill's own got no answer");
  const endsAt = injectedAt + ms(profile.faultSeconds);
  const stopped = await stoppedBefore(stage, endsAt);
  // A person's fault ends with its lease, which began after the injection: nobody takes it away for them.
  if (!handsOn || stopped !== undefined) await fault.remove();
  const removedAt = handsOn && stopped === undefined ? endsAt : clock.now();
  note(stage, "removed", removedAt, variant.removed);
  begin(stage, "recovery", removedAt);
  if (await fault.proveGone()) note(stage, "proven-gone", clock.now(), "a request of the drill's own was answered");
  if (stopped !== undefined) throw new SideStopped(stopped);
}

/** Waits until `at`; says why it was told to stop before, undefined when it was not. */
async function stoppedBefore({ options, cut, stop }: Stage, at: number): Promise<string | undefined> {
  const waitMs = Math.max(0, at - options.clock.now());
  await delay(waitMs, undefined, { signal: AbortSignal.any([cut, stop]) }).catch(() => cut.throwIfAborted());
  return stop.aborted ? String(stop.reason) : undefined;
}

function note(
  { options, records, observer }: Stage,
  step: "injected" | "proven" | "removed" | "proven-gone",
  at: number,
  detail: string,
): void {
  records.push({ type: "fault", at, step, detail });
  const event: Event = { at, source: "drill", kind: `fault-${step}`, partition: options.drill.failedPartition, detail };
  observer.event(event);
}

function faultOf({ options, lab }: Stage): Fault {
  const { drill, variant, profile, handsOn } = options;
  const targets = lab.instances().filter((instance) => instance.partition === drill.failedPartition);
  // Nothing is injected then, and what would have been stays hidden.
  const named = handsOn ? "what was drawn to fail" : drill.failedPartition;
  if (targets.length === 0) throw new SideLost(`no role instance of ${named} serves`);
  return createFault(
    variant.fault,
    targets.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    {
      faultUrl: lab.urls.fault,
      token: lab.token,
      journalFrozen: (target) => lab.journal.frozen(target),
      leaseMs: ms(profile.faultSeconds) + (handsOn ? 0 : leaseReserveMs),
      endsWithLease: handsOn,
    },
  );
}

/** What the generator and the idle reference process are told. */
function workloadConfigs({ profile, seed }: SideOptions, lab: Lab, historyDir: string, startAt: number) {
  const [host = "127.0.0.1", port = "0"] = lab.urls.mx.split(":");
  return {
    generator: {
      startAt,
      ...workloadPlan(profile, seed),
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
