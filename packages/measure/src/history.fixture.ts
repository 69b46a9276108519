/**
 * Recorded histories of one honest run of the June 2014 drill, for tests: a candidate (`on`) that parks, fails over and
 * drains, and a baseline (`off`) that drags every partition down. 100 sign-ins and 50 mails a second, 40 users in four
 * partitions, p3 fails. Everything is made by rule, so that a test can plant one lie and know what it changed.
 *
 *   0 s warm   1 s steady   6 s fault (time zero)   21 s recovery   29 s end
 */
import type { EventKind, FaultRecord, HistoryRecord, MailRecord, Phase, SignInRecord } from "@cordon/model";
import type { About } from "./result.ts";
import type { DrillSpec } from "./spec.ts";

export const zero = 6_000;
export const removedAt = 21_000;
export const endAt = 29_000;
const steadyAt = 1_000;
const signInEveryMs = 10;
const mailEveryMs = 20;
const noiseEveryMs = 20;

const userNames = Array.from({ length: 40 }, (_, index) => `user${index}@t${(index % 4) + 1}.example`);
const partitionOf = (index: number): string => `p${(index % 4) + 1}`;

/** The flagship's limits on the fixture's workload. */
export const drill: DrillSpec = {
  failedPartition: "p3",
  failedUnit: "partition",
  users: new Map(userNames.map((user, index) => [user, partitionOf(index)])),
  planned: { signIns: endAt / signInEveryMs, mails: endAt / mailEveryMs },
  lateMs: 1_000,
  delayedMs: 2_000,
  limits: [
    { id: "hurt-outside", limit: 0.001 },
    { id: "mail-delay-outside-p95", limit: 2_000 },
    { id: "ttd", limit: 1_000 },
    { id: "tti", limit: 1_000 },
    { id: "failover", limit: 10_000 },
    { id: "ttr", limit: 10_000 },
    { id: "amplification", limit: 1.2 },
    { id: "lost", limit: 0 },
    { id: "duplicated", limit: 0 },
  ],
  detector: { kinds: ["partition-red"], partition: "p3" },
  isolationKinds: ["partition-isolated", "lane-isolated"],
  sustained: { windowMs: 1_000, hurtShare: 0.001, delayedShare: 0.05, minSignIns: 5 },
  steady: { okShare: 0.999, mailP95Ms: 2_000, minSignIns: 50, minMails: 20 },
  noise: { referenceP999Ms: 50, generatorP999Ms: 50, othersShare: 0.25 },
  amplification: { on: { lookupsPerMail: 1, canaryPerSecond: 8 }, off: { lookupsPerMail: 1, canaryPerSecond: 8 } },
  incidentLengthMs: 9 * 3_600_000,
};

export const about: About = {
  cordon: { version: "0.1.0", commit: null },
  drill: "2014-06-directory-partition",
  variant: "partition",
  seed: "7f3a",
  profile: "quick",
  store: "lmdb",
  startedAt: "2026-11-20T09:00:00Z",
  host: { cpus: 2, node: "v26.10.0", platform: "linux", busyShare: 0.5, ownShare: 0.4 },
  config: {
    digest: "d",
    partitions: 4,
    roleInstances: 8,
    users: 40,
    signInPerSecond: 100,
    mailPerSecond: 50,
    lateMs: 1_000,
    faultSeconds: 15,
  },
};

const phase = (at: number, name: Phase): HistoryRecord => ({ type: "phase", at, phase: name });

export const fault = (at: number, step: FaultRecord["step"]): HistoryRecord => ({
  type: "fault",
  at,
  step,
  detail: "",
});

export const event = (at: number, kind: EventKind, partition: string, source = "auth"): HistoryRecord => ({
  type: "event",
  event: { at, source, kind, partition, detail: "" },
});

/** A mail's copy in its first mailbox. */
export const copyOf = (mail: MailRecord, at: number, file = `new/${mail.headerId}`): HistoryRecord => ({
  type: "maildir",
  headerId: mail.headerId,
  mailbox: mail.mailboxes[0] ?? mail.user,
  file,
  at,
});

type Answer = { outcome: SignInRecord["outcome"]; tookMs: number };

function signIns(answer: (at: number, partition: string) => Answer): HistoryRecord[] {
  return Array.from({ length: drill.planned.signIns }, (_, id) => {
    const scheduledAt = id * signInEveryMs;
    const { outcome, tookMs } = answer(scheduledAt - zero, partitionOf(id));
    return {
      type: "sign-in" as const,
      id,
      user: userNames[id % 40] ?? "",
      partition: partitionOf(id),
      scheduledAt,
      sentAt: scheduledAt,
      endedAt: scheduledAt + tookMs,
      outcome,
      code: outcome === "refused" ? "503" : "200",
    };
  });
}

function mails(delayMs: (at: number, partition: string) => number): HistoryRecord[] {
  return Array.from({ length: drill.planned.mails }, (_, id) => {
    const scheduledAt = id * mailEveryMs;
    const partition = partitionOf(id);
    const user = userNames[id % 40] ?? "";
    const mail: MailRecord = {
      type: "mail",
      id,
      headerId: `<${id}@drill.example>`,
      user,
      partition,
      mailboxes: [user],
      scheduledAt,
      sentAt: scheduledAt,
      endedAt: scheduledAt + 15,
      outcome: "ok",
      code: "250",
    };
    return [mail, copyOf(mail, scheduledAt + delayMs(scheduledAt - zero, partition))];
  }).flat();
}

/** What both sides record: phases, the fault's steps, a quiet host, and what the proxy of p3 counted. */
function ground(exchanges: (second: number) => number): HistoryRecord[] {
  return [
    phase(0, "warm"),
    phase(steadyAt, "steady"),
    phase(zero - 1, "fault"),
    phase(removedAt, "recovery"),
    phase(endAt, "end"),
    fault(zero, "injected"),
    fault(zero + 40, "proven"),
    fault(removedAt, "removed"),
    fault(removedAt + 60, "proven-gone"),
    ...Array.from({ length: endAt / noiseEveryMs }, (_, index) =>
      (["reference", "auth", "mail", "generator"] as const).map((source) => ({
        type: "noise" as const,
        at: index * noiseEveryMs,
        source,
        delayMs: 1 + (index % 3),
      })),
    ).flat(),
    ...Array.from({ length: endAt / 1_000 }, (_, second) => ({
      type: "exchanges" as const,
      at: second * 1_000,
      partition: "p3",
      exchanges: exchanges(second),
    })),
  ];
}

const failoverMs = 7_000;
const isInside = (partition: string): boolean => partition === "p3";

/** The candidate: refusals for 350 ms, then fallback, failover after 7 s, the lane drained 1.5 s later. */
export const onHistory = (): HistoryRecord[] => [
  ...ground((second) => (second * 1_000 >= zero && second * 1_000 < zero + failoverMs ? 12 : 45)),
  ...signIns((at, partition) => {
    if (!isInside(partition) || at < 0 || at >= failoverMs) return { outcome: "ok", tookMs: 20 };
    return at < 350 ? { outcome: "refused", tookMs: 250 } : { outcome: "degraded", tookMs: 25 };
  }),
  ...mails((at, partition) =>
    isInside(partition) && at > -50 && at < failoverMs ? failoverMs - at + 1_500 * (at / failoverMs) : 100,
  ),
  event(zero + 300, "partition-red", "p3"),
  event(zero + 350, "partition-isolated", "p3"),
  event(zero + 360, "lane-isolated", "p3", "mail"),
  event(zero + 5_400, "failover-started", "p3", "supervisor"),
  event(zero + 6_900, "failover-done", "p3", "supervisor"),
];

/** The baseline: everything is late and every lane stands until the fault is gone, then it drains in three seconds. */
export const offHistory = (): HistoryRecord[] => [
  ...ground((second) => (second * 1_000 >= zero && second * 1_000 < removedAt ? 160 : 45)),
  ...signIns((at) => {
    const isStruck = at >= 500 && at < removedAt - zero + 2_000;
    return isStruck ? { outcome: "ok", tookMs: 4_000 } : { outcome: "ok", tookMs: 20 };
  }),
  ...mails((at) => (at > -50 && at < removedAt - zero ? removedAt - zero - at + 3_000 : 100)),
];
