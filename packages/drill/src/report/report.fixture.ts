/**
 * Recorded histories for the reports' tests, of any length: a baseline that a silent p3 drags down, and a candidate that
 * isolates it, serves its users by fallback and fails over. Made by rule, so that the same call gives the same history.
 */
import { judge, type DrillSpec, type SideRun } from "@cordon/measure";
import { coin, type EventKind, type HistoryRecord, type MailRecord, type Result } from "@cordon/model";
import type { Drill, Profile, Variant } from "../drill.ts";
import { drawnVariant } from "../hands-on.ts";
import { directoryPartition2014 } from "../incidents/2014-06-directory-partition.ts";

export const drill: Drill = directoryPartition2014;
const [variant] = drill.variants;

/** A short run, and a long one with more partitions. */
export const short: Profile = {
  name: "quick",
  partitions: 4,
  roleInstances: 2,
  users: 320,
  signInPerSecond: 40,
  mailPerSecond: 40,
  warmSeconds: 3,
  steadySeconds: 5,
  faultSeconds: 15,
  recoverySeconds: 8,
};
export const long: Profile = {
  ...short,
  name: "full",
  partitions: 8,
  users: 1_600,
  signInPerSecond: 60,
  mailPerSecond: 60,
  steadySeconds: 30,
  faultSeconds: 60,
  recoverySeconds: 30,
};

export interface Recorded {
  readonly result: Result;
  readonly runs: readonly SideRun[];
  readonly spec: DrillSpec;
}

/** What a test may have otherwise. */
export interface Wishes {
  readonly profile?: Profile;
  readonly variant?: Variant;
  /** Presets, baseline first. */
  readonly sides?: readonly ("off" | "on")[];
  /** What the drill says it did to p3. */
  readonly injected?: string;
}

const patienceMs = 5_000;

/** Moments of a side, ms after its beginning. */
interface Clockwork {
  readonly profile: Profile;
  readonly injected: string;
  readonly zero: number;
  readonly removedAt: number;
  readonly endAt: number;
}

export function recorded({ profile = short, sides = ["off", "on"], ...wishes }: Wishes = {}): Recorded {
  const { limits, detector, isolationKinds } = wishes.variant ?? variant;
  const zero = (profile.warmSeconds + profile.steadySeconds) * 1_000;
  const removedAt = zero + profile.faultSeconds * 1_000;
  const clock: Clockwork = {
    profile,
    injected: wishes.injected ?? variant.injected,
    zero,
    removedAt,
    endAt: removedAt + profile.recoverySeconds * 1_000,
  };
  const spec: DrillSpec = {
    failedUnit: "partition",
    failedPartition: drill.failedPartition,
    users: new Map(Array.from({ length: profile.users }, (_, index) => [userOf(index), partitionOf(index, profile)])),
    planned: { signIns: attempts(clock, profile.signInPerSecond), mails: attempts(clock, profile.mailPerSecond) },
    lateMs: 1_000,
    delayedMs: 2_000,
    limits: [...limits([])],
    detector,
    isolationKinds,
    sustained: { windowMs: 1_000, hurtShare: 0.001, delayedShare: 0.05, minSignIns: 3 },
    steady: { okShare: 0.999, mailP95Ms: 2_000, minSignIns: 100, minMails: 50 },
    noise: { referenceP999Ms: 150, generatorP999Ms: 150, othersShare: 0.25 },
    amplification: { on: { lookupsPerMail: 2, canaryPerSecond: 16 }, off: { lookupsPerMail: 2, canaryPerSecond: 16 } },
    incidentLengthMs: drill.incidentLengthMs,
  };
  const runs = sides.map((preset) => ({
    preset,
    disabled: preset === "off" ? ["isolation", "failover", "fallback", "lanes"] : [],
    history: preset === "off" ? offHistory(clock) : onHistory(clock),
  }));
  const result = judge(
    { sides: runs, baseline: "off", candidate: "on", overridden: false, abort: null, unsound: null },
    spec,
    {
      cordon: { version: "0.1.0", commit: "0123456789abcdef0123456789abcdef01234567" },
      drill: drill.id,
      variant: (wishes.variant ?? variant).id,
      seed: "7f3a",
      profile: profile.name,
      store: "lmdb",
      startedAt: "2026-11-20T09:00:00.000Z",
      host: { cpus: 2, node: "v26.10.0", platform: "linux-x64", busyShare: 0.48, ownShare: 0.41 },
      config: { ...profile, digest: "c0ffee00c0ffee00", lateMs: 1_000 },
    },
  );
  return { result, runs, spec };
}

/** A game day that ended in its pause: nothing was injected, and no side has a history. */
export function unbegun(reason: string): Recorded {
  const { result, spec } = recorded({ sides: ["on"] });
  const handsOn = { leaseMs: short.faultSeconds * 1_000 };
  return {
    result: { ...result, variant: drawnVariant, sides: [], verdict: "aborted", reason, exitCode: 130 },
    runs: [],
    spec: { ...spec, handsOn },
  };
}

const userOf = (index: number): string => `user${index}@tenant${index % 16}.example`;
const partitionOf = (index: number, { partitions }: Profile): string => `p${(index % partitions) + 1}`;
const attempts = ({ endAt }: Clockwork, perSecond: number): number => Math.floor((endAt / 1_000) * perSecond);
/** 0..1, the same for the same number. */
const chance = (n: number): number => coin("reports", n);

type Sent = Pick<Extract<HistoryRecord, { type: "sign-in" }>, "outcome" | "endedAt">;

function signIns(clock: Clockwork, answer: (at: number, inside: boolean, n: number) => Sent): HistoryRecord[] {
  const { profile, zero } = clock;
  return Array.from({ length: attempts(clock, profile.signInPerSecond) }, (_, id) => {
    const scheduledAt = (id * 1_000) / profile.signInPerSecond;
    const index = Math.floor(chance(id) * profile.users);
    const partition = partitionOf(index, profile);
    const { outcome, endedAt } = answer(scheduledAt - zero, partition === drill.failedPartition, id);
    return {
      type: "sign-in" as const,
      id,
      user: userOf(index),
      partition,
      scheduledAt,
      sentAt: scheduledAt,
      endedAt: endedAt === null ? null : scheduledAt + endedAt,
      outcome,
      code: outcome === "refused" ? "503" : "200",
    };
  });
}

function mails(clock: Clockwork, delayMs: (at: number, inside: boolean, n: number) => number | null): HistoryRecord[] {
  const { profile, zero } = clock;
  return Array.from({ length: attempts(clock, profile.mailPerSecond) }, (_, id): HistoryRecord[] => {
    const scheduledAt = (id * 1_000) / profile.mailPerSecond;
    const index = Math.floor(chance(id + 7) * profile.users);
    const partition = partitionOf(index, profile);
    const user = userOf(index);
    const headerId = `<${id}@drill.example>`;
    const mail: MailRecord = {
      type: "mail",
      id,
      headerId,
      user,
      partition,
      mailboxes: [user],
      scheduledAt,
      sentAt: scheduledAt,
      endedAt: scheduledAt + 15,
      outcome: "ok",
      code: "250",
    };
    const delay = delayMs(scheduledAt - zero, partition === drill.failedPartition, id);
    if (delay === null) return [mail, { type: "fate", headerId, mailbox: user, fate: "queued", at: scheduledAt + 20 }];
    return [mail, { type: "maildir", headerId, mailbox: user, file: `new/${id}`, at: scheduledAt + delay }];
  }).flat();
}

/** Phases, the fault, a quiet host, exchanges and queues. */
function ground(clock: Clockwork, preset: string, queued: (at: number, inside: boolean) => number): HistoryRecord[] {
  const { profile, zero, removedAt, endAt } = clock;
  const phase = (at: number, name: "warm" | "steady" | "fault" | "recovery" | "end"): HistoryRecord => ({
    type: "phase",
    at,
    phase: name,
  });
  const seconds = Array.from({ length: endAt / 1_000 }, (_, second) => second * 1_000);
  return [
    phase(0, "warm"),
    phase(profile.warmSeconds * 1_000, "steady"),
    phase(zero, "fault"),
    phase(removedAt, "recovery"),
    phase(endAt, "end"),
    { type: "fault", at: zero, step: "injected", detail: clock.injected },
    { type: "fault", at: zero + 640, step: "proven", detail: "a request of the drill's own got no answer" },
    { type: "fault", at: removedAt, step: "removed", detail: variant.removed },
    { type: "fault", at: removedAt + 60, step: "proven-gone", detail: "a request of the drill's own was answered" },
    ...Array.from({ length: endAt / 20 }, (_, index) =>
      (["reference", "auth", "mail", "generator"] as const).map((source): HistoryRecord => ({
        type: "noise",
        at: index * 20,
        source,
        delayMs: 1 + (index % 3),
      })),
    ).flat(),
    ...seconds.map((at): HistoryRecord => ({
      type: "exchanges",
      at,
      partition: drill.failedPartition,
      exchanges: preset === "off" && at >= zero && at < removedAt ? 90 : 35,
    })),
    ...seconds.flatMap((at) =>
      Array.from({ length: profile.partitions }, (_, index): HistoryRecord => {
        const partition = `p${index + 1}`;
        const waiting = queued(at - zero, partition === drill.failedPartition);
        return { type: "queue", at: at + 350, partition, queued: waiting, oldestMs: waiting * 60 };
      }),
    ),
  ];
}

function onHistory(clock: Clockwork): HistoryRecord[] {
  const servedAgain = 7_200;
  const share = clock.profile.mailPerSecond / clock.profile.partitions;
  const event = (atMs: number, kind: EventKind, source: string): HistoryRecord => ({
    type: "event",
    event: { at: clock.zero + atMs, source, kind, partition: drill.failedPartition, detail: "seen by its callers" },
  });
  return [
    ...ground(clock, "on", (at, inside) => {
      if (!inside || at < 0 || at > servedAgain + 1_500) return 0;
      return Math.round(at < servedAgain ? (at / 1_000) * share : share * 2);
    }),
    ...signIns(clock, (at, inside, n) => {
      const quick = 18 + chance(n) * 25;
      if (!inside || at < 0 || at >= servedAgain) return { outcome: "ok", endedAt: quick };
      return at < 380 ? { outcome: "refused", endedAt: 300 } : { outcome: "degraded", endedAt: quick + 6 };
    }),
    ...mails(clock, (at, inside, n) =>
      inside && at > -60 && at < servedAgain
        ? servedAgain - at + 1_200 * (at / servedAgain) + 120
        : 80 + chance(n) * 200,
    ),
    event(290, "partition-red", "auth"),
    event(310, "partition-red", "mail"),
    event(350, "partition-isolated", "auth"),
    event(370, "lane-isolated", "mail"),
    event(410, "fallback-began", "auth"),
    event(5_300, "failover-started", "supervisor"),
    event(6_900, "failover-done", "supervisor"),
    event(7_000, "partition-rejoined", "auth"),
    event(7_050, "lane-draining", "mail"),
    event(8_400, "lane-flowing", "mail"),
  ];
}

function offHistory(clock: Clockwork): HistoryRecord[] {
  const faultMs = clock.removedAt - clock.zero;
  const share = clock.profile.mailPerSecond / clock.profile.partitions;
  return [
    ...ground(clock, "off", (at) => (at < 0 ? 0 : Math.round((Math.min(at, faultMs) / 1_000) * share))),
    ...signIns(clock, (at, inside, n) => {
      const quick = 18 + chance(n) * 25;
      if (at < 0 || at > faultMs + 600) return { outcome: "ok", endedAt: quick };
      if (inside) return { outcome: "unknown", endedAt: patienceMs };
      if (at < 1_800) return { outcome: "ok", endedAt: quick + at / 3 };
      return chance(n) < 0.4 ? { outcome: "unknown", endedAt: patienceMs } : { outcome: "ok", endedAt: 1_400 + at / 9 };
    }),
    ...mails(clock, (at, inside, n) => {
      if (at < 400 || at > faultMs) return 90 + chance(n) * 200;
      if (inside || chance(n + 3) < 0.2) return null;
      return Math.max(600, faultMs - at + 3_000 * chance(n));
    }),
  ];
}
