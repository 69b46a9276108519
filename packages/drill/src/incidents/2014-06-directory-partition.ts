/**
 * The flagship: June 2014, one directory partition stops answering authentication requests. The drill asks whether the
 * other partitions' users notice, whether mail delivery is cut loose from the silent partition, and whether that
 * partition's own users are served again while the fault is still on. docs/incidents has the record.
 */
import type { LimitSpec } from "@cordon/measure";
import type { ProtectionId } from "@cordon/model";
import type { Drill } from "../drill.ts";

const failed = "p3";
const hours = 3_600_000;

const invariants: readonly LimitSpec[] = [
  { id: "lost", limit: 0 },
  { id: "duplicated", limit: 0 },
];
const harmOutside: readonly LimitSpec[] = [
  { id: "hurt-outside", limit: 0.001 },
  { id: "mail-delay-outside-p95", limit: 2_000 },
];

/** The limits of a partition that fails whole; without failover nobody promises a time for it. */
const wholePartition = (disabled: readonly ProtectionId[]): readonly LimitSpec[] => [
  ...harmOutside,
  { id: "ttd", limit: 1_000 },
  { id: "tti", limit: 1_000 },
  ...(disabled.includes("failover") ? [] : [{ id: "failover", limit: 10_000 } as const]),
  { id: "ttr", limit: 10_000 },
  { id: "amplification", limit: 1.2 },
  ...invariants,
];

export const directoryPartition2014: Drill = {
  id: "2014-06-directory-partition",
  title: "One directory partition goes silent",
  incident:
    "In June 2014 one partition of a mail service's directory stopped answering authentication requests. Few customers " +
    "lived in it, but mail delivery shared its fate: whole organisations waited for their mail, some for up to nine hours.",
  failedPartition: failed,
  incidentLengthMs: 9 * hours,
  profiles: {
    quick: {
      name: "quick",
      partitions: 4,
      roleInstances: 2,
      users: 120,
      signInPerSecond: 32,
      mailPerSecond: 10,
      warmSeconds: 3,
      steadySeconds: 5,
      faultSeconds: 15,
      recoverySeconds: 8,
    },
    full: {
      name: "full",
      partitions: 8,
      roleInstances: 2,
      users: 1_600,
      signInPerSecond: 60,
      mailPerSecond: 60,
      warmSeconds: 30,
      steadySeconds: 30,
      faultSeconds: 60,
      recoverySeconds: 30,
    },
  },
  variants: [
    {
      id: "partition",
      title: "every role instance accepts and never answers, health green",
      injected: `${failed} stops answering (health: green)`,
      removed: `${failed} answers again`,
      fault: { kind: "silent-partition" },
      failedUnit: "partition",
      detector: { kinds: ["partition-red", "partition-isolated"], partition: failed },
      isolationKinds: ["partition-isolated", "lane-isolated"],
      limits: wholePartition,
    },
    {
      id: "verify-only",
      title: "only password verification hangs, look-ups answer",
      injected: `${failed} hangs on passwords (look-ups answer)`,
      removed: `${failed} verifies again`,
      fault: { kind: "hanging-verify" },
      failedUnit: "partition",
      detector: { kinds: ["partition-red", "partition-isolated"], partition: failed },
      // Look-ups go on, and so does the lane: cutting it off would be harm done by the protection.
      isolationKinds: ["partition-isolated"],
      limits: (disabled) => [...wholePartition(disabled), { id: "mail-delay-inside-p95", limit: 2_000 }],
    },
    {
      id: "instance",
      title: "one of two role instances is frozen by SIGSTOP",
      injected: `${failed}a is frozen (SIGSTOP)`,
      removed: `${failed}a is thawed, if it is still there`,
      fault: { kind: "frozen-instance" },
      failedUnit: "instance",
      detector: { kinds: ["instance-red", "instance-ejected", "fenced"], partition: failed, instance: `${failed}a` },
      isolationKinds: [],
      limits: () => [
        ...harmOutside,
        { id: "hurt-inside", limit: 0 },
        { id: "mail-delay-inside-p95", limit: 2_000 },
        { id: "ttd", limit: 1_000 },
        ...invariants,
      ],
    },
    {
      id: "intermittent",
      title: "30 % of the exchanges with one role instance hang",
      injected: `30 % of exchanges with ${failed}a hang (health: green)`,
      removed: `${failed}a answers every exchange again`,
      fault: { kind: "intermittent-instance", share: 0.3 },
      failedUnit: "instance",
      detector: { kinds: ["instance-red", "instance-ejected"], partition: failed, instance: `${failed}a` },
      isolationKinds: [],
      limits: () => [
        ...harmOutside,
        { id: "sign-in-success-inside", limit: 0.995 },
        { id: "ttd", limit: 3_000 },
        ...invariants,
      ],
    },
  ],
};
