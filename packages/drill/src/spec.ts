/** What is said of a run beforehand: to the kernel, which judges it by that, and in its result, to whoever compares it. */
import { createHash } from "node:crypto";
import { partitionIds, populate, settingsOf, type LabSettings } from "@cordon/lab";
import { planWorkload } from "@cordon/load";
import type { Asking, DrillSpec } from "@cordon/measure";
import type { Result } from "@cordon/model";
import { client, quietHost, type Profile } from "./drill.ts";
import type { DrillOptions } from "./drill-options.ts";
import { workloadPlan } from "./experiment.ts";

/** What the kernel is told of the drill beforehand. */
export function specOf(options: DrillOptions): DrillSpec {
  const { drill, variant, profile, seed, disabled, candidate } = options;
  const population = populate(partitionIds(profile), profile.users);
  const planned = planWorkload(workloadPlan(profile, seed), population.users);
  return {
    failedPartition: drill.failedPartition,
    failedUnit: variant.failedUnit,
    users: new Map(population.users.map((user) => [user.address, user.partition])),
    planned: {
      signIns: planned.filter(({ kind }) => kind === "sign-in").length,
      mails: planned.filter(({ kind }) => kind === "mail").length,
    },
    lateMs: client.lateMs,
    delayedMs: client.delayedMs,
    limits: [...variant.limits(disabled)],
    detector: variant.detector,
    isolationKinds: variant.isolationKinds,
    sustained: { windowMs: 1_000, hurtShare: 0.001, delayedShare: 0.05, minSignIns: 3 },
    steady: { okShare: 0.999, mailP95Ms: client.delayedMs, minSignIns: 100, minMails: 25 },
    noise: quietHost,
    amplification: Object.fromEntries(
      [options.baseline, candidate].map((preset) => [
        preset,
        askingOf(settingsOf(preset, preset === candidate ? disabled : []), profile),
      ]),
    ),
    ...(options.handsOn ? { handsOn: { leaseMs: profile.faultSeconds * 1_000 } } : {}),
    incidentLengthMs: drill.incidentLengthMs,
  };
}

/** auth and mail: the callers of a partition. */
const callers = 2;

/** Look-ups one mail costs when nothing is wrong, and what the canaries of all callers ask of one partition. */
function askingOf({ guard, admission }: LabSettings, profile: Profile): Asking {
  const judges = guard.isolation !== "off" || guard.ejection !== "off";
  const doors = admission === "off" ? 0 : 1;
  return {
    // At the door, behind the spool, and once more for the alias a mail may have been sent to.
    lookupsPerMail: doors + 1 + client.aliasShare,
    canaryPerSecond: judges ? (callers * profile.roleInstances * 1_000) / guard.evidence.canaryEveryMs : 0,
  };
}

/** What a result says it was made with. `digest`: of everything that makes it another run, but for seed, limits and Cordon. */
export function configOf({
  profile,
  drill,
  variant,
  sides,
  candidate,
  disabled,
  store,
}: DrillOptions): Result["config"] {
  const digested = JSON.stringify([
    drill.id,
    variant.id,
    profile,
    sides.map((preset) => settingsOf(preset, preset === candidate ? disabled : [])),
    store,
  ]);
  return {
    digest: createHash("sha256").update(digested).digest("hex").slice(0, 16),
    partitions: profile.partitions,
    roleInstances: profile.roleInstances,
    users: profile.users,
    signInPerSecond: profile.signInPerSecond,
    mailPerSecond: profile.mailPerSecond,
    lateMs: client.lateMs,
    faultSeconds: profile.faultSeconds,
    warmSeconds: profile.warmSeconds,
    steadySeconds: profile.steadySeconds,
    recoverySeconds: profile.recoverySeconds,
  };
}
