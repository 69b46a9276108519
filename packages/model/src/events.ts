/**
 * What a process says happened, stamped by itself on CLOCK_MONOTONIC. Events are the left-hand column of a drill's
 * timeline and the evidence for its times: nothing is polled, and nothing is inferred afterwards from a log text.
 */
import { Type, type Static } from "typebox";
import { InstanceIdSchema, OperationSchema, PartitionIdSchema } from "./ids.ts";

/** Event kinds, by who says them. Adding one is a change for every reader: keep the list short. */
export const eventKinds = [
  // a caller (auth, mail), about a role instance or a partition
  "instance-red",
  "instance-green",
  "instance-ejected",
  "instance-readmitted",
  "partition-red",
  "partition-green",
  "partition-isolated",
  "partition-rejoined",
  "host-slow",
  "self-suspected",
  "breaker-opened",
  "breaker-closed",
  "fallback-began",
  "fallback-ended",
  // mail, about a lane
  "lane-isolated",
  "lane-draining",
  "lane-flowing",
  // the supervisor
  "process-started",
  "process-ready",
  "process-exited",
  "fenced",
  "writer-appointed",
  "failover-started",
  "failover-done",
  "map-published",
  // whoever breaks things
  "fault-injected",
  "fault-proven",
  "fault-removed",
  "fault-proven-gone",
  "lease-expired",
  // the drill, about a person's orders while it ran
  "operator-isolated",
  "operator-rejoined",
  "operator-failed-over",
] as const;
export type EventKind = (typeof eventKinds)[number];

export const EventSchema = Type.Object({
  /** CLOCK_MONOTONIC, milliseconds, when it happened. */
  at: Type.Number(),
  /** The process that says so: `auth`, `mail`, `supervisor`, `p3a`, `fault`, `drill`. */
  source: Type.String(),
  kind: Type.Enum(eventKinds),
  partition: Type.Optional(PartitionIdSchema),
  instance: Type.Optional(InstanceIdSchema),
  operation: Type.Optional(OperationSchema),
  /** One line for a person: what was seen and what was done. Never a secret, never an address of a real person. */
  detail: Type.String({ maxLength: 500 }),
});
export type Event = Static<typeof EventSchema>;
