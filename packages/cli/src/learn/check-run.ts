/**
 * The run behind `cordon learn check`: a small lab of real processes with the learner's settings at its door, sign-ins at
 * a fixed pace, and p3 made silent under them by the fault proxies. It says what each client saw;
 * whether that is good is judged elsewhere. The lab is gone when it returns, however it ends.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createFaultClient } from "@cordon/fault";
import { fillDirectory, LabStartError, partitionIds, populate, startLab, type Lab, type LabUser } from "@cordon/lab";
import { createSignInClient, planWorkload, startPacer, type Planned } from "@cordon/load";
import { systemClock } from "@cordon/runtime";
import { endings, notEnded, Refusal } from "../exit.ts";
import { labSettingsOf, type DoorSettings } from "./door-settings.ts";
import { checkLimits, checkLoad, type CheckedSignIn, type CheckRun } from "./judge-check.ts";

const size = { partitions: 3, users: 24 } as const;
const silentPartition = "p3";
/** The fault heals by itself this long after it is no longer wanted. */
const leaseReserveMs = 30_000;
const faultCallMs = 2_000;
const maxInFlight = 1_000;
/** From the first sign-in to the fault. */
const faultAtMs = checkLoad.warmMs + checkLoad.steadyMs;
/** Answers to the last sign-ins that could still be in time are waited for, and a little longer. */
const graceMs = checkLimits.lateMs + 200;

/** Throws a Refusal when the lab cannot be started or broken; the reason of `signal` when that aborts. */
export async function runCheck(
  settings: DoorSettings,
  root: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<CheckRun> {
  const population = populate(partitionIds(size), size.users);
  say("starting a lab: three partitions");
  const lab = await startLab(
    {
      root,
      runId: `learn-${randomBytes(4).toString("hex")}`,
      settings: labSettingsOf(settings),
      partitions: size.partitions,
      roleInstances: 1,
      faultPoints: false,
      keepsHistory: false,
      store: "lmdb",
      seed: "learn",
      tenants: population.tenants,
    },
    signal,
  ).catch(refuseStart);
  try {
    await fillDirectory(lab, population).catch(refuseStart);
    return await loadAndBreak(lab, population.users, say, AbortSignal.any([signal, lab.lost]));
  } finally {
    await clearAway(lab, say);
  }
}

async function clearAway(lab: Lab, say: (line: string) => void): Promise<void> {
  const { left } = await lab.close();
  if (left.length > 0) throw notEnded(left);
  say("cleared away");
}

function refuseStart(error: unknown): never {
  if (error instanceof LabStartError) throw new Refusal(error.message, endings.preflight);
  throw error;
}

/**
 * The others sign in from the beginning, p3's users from the fault on: beforehand they would only cost hashing, of which a
 * small machine has little.
 */
function scheduleOf(users: readonly LabUser[]): readonly Planned<LabUser>[] {
  const { perSecond, faultMs } = checkLoad;
  const plan = { signInPerSecond: perSecond, mailPerSecond: 0, aliasShare: 0 };
  const isInside = ({ partition }: LabUser): boolean => partition === silentPartition;
  const others = users.filter((user) => !isInside(user));
  const silenced = planWorkload({ ...plan, seed: "learn-silent", lengthMs: faultMs }, users.filter(isInside));
  return [
    ...planWorkload({ ...plan, seed: "learn", lengthMs: faultAtMs + faultMs }, others),
    ...silenced.map((planned) => ({ ...planned, offsetMs: faultAtMs + planned.offsetMs })),
  ].toSorted((one, other) => one.offsetMs - other.offsetMs);
}

async function loadAndBreak(
  lab: Lab,
  users: readonly LabUser[],
  say: (line: string) => void,
  cut: AbortSignal,
): Promise<CheckRun> {
  const { warmMs, faultMs, perSecond, patienceMs } = checkLoad;
  const client = createSignInClient(lab.urls.auth, patienceMs, maxInFlight);
  const signIns: CheckedSignIn[] = [];
  const startAt = systemClock.now();
  const until = (at: number): Promise<void> => delay(Math.max(0, at - systemClock.now()), undefined, { signal: cut });
  const pacer = startPacer(
    {
      schedule: scheduleOf(users),
      startAt,
      maxInFlight,
      graceMs,
      act: ({ user }) => client.signIn(user.address, user.password),
      told: ({ planned, scheduledAt, sentAt, endedAt, outcome, code }) =>
        signIns.push({
          outside: planned.user.partition !== silentPartition,
          scheduledAt,
          sentAt,
          endedAt,
          outcome,
          code,
        }),
    },
    systemClock,
  );
  try {
    say(`${perSecond} sign-ins a second, all partitions well`);
    await until(startAt + faultAtMs);
    const injectedAt = systemClock.now();
    await silence(lab, faultMs + leaseReserveMs);
    say(`${silentPartition} is silent for ${faultMs / 1_000} s, and ${perSecond} sign-ins a second go there too`);
    const endAt = startAt + faultAtMs + faultMs;
    await Promise.race([pacer.done, until(endAt + 2 * graceMs)]);
    return { signIns, steadyAt: startAt + warmMs, injectedAt, endAt };
  } catch (error) {
    // Whoever cut it short says why: a signal, or the lab that was lost.
    cut.throwIfAborted();
    throw error;
  } finally {
    pacer.stop();
    await client.close();
  }
}

async function silence(lab: Lab, leaseMs: number): Promise<void> {
  const client = createFaultClient(lab.urls.fault, faultCallMs);
  for (const { id, partition } of lab.instances()) {
    if (partition !== silentPartition) continue;
    const reply = await client.addToxic(id, { type: "silent", leaseMs });
    if (reply.kind !== "ok") throw new Refusal(`${id} could not be made silent: ${reply.detail}`, endings.preflight);
  }
}
