/**
 * The history of one side of a drill: one append-only list, the only evidence the verdict is made from. The generator
 * writes attempts, the processes events, the injector the fault, the auditor what it found in Maildirs and ledger, the
 * fault proxy its exchanges, the reference process its own delay. Order in the list means nothing; stamps do.
 */
import { Type, type Static } from "typebox";
import { EventSchema } from "./events.ts";
import { PartitionIdSchema } from "./ids.ts";
import { FateSchema } from "./wire-mail.ts";

const At = Type.Number({ description: "CLOCK_MONOTONIC, milliseconds" });
const AtOrNever = Type.Union([At, Type.Null()]);

/** The phases of a side. `warm` is before the steady state and is not judged. */
export const PhaseSchema = Type.Union([
  Type.Literal("warm"),
  Type.Literal("steady"),
  Type.Literal("fault"),
  Type.Literal("recovery"),
  Type.Literal("end"),
]);
export type Phase = Static<typeof PhaseSchema>;

/** `phase` begins at `at`; the one before it ends there. */
export const PhaseRecordSchema = Type.Object({ type: Type.Literal("phase"), at: At, phase: PhaseSchema });

/**
 * One scheduled sign-in. Latency is endedAt - scheduledAt: a request that could not be sent in time is late, not absent.
 * `degraded` was served by the fallback. `unknown`: the client gave up or the connection broke after sending.
 * `unsent`: the schedule named it and it never left.
 */
export const SignInRecordSchema = Type.Object({
  type: Type.Literal("sign-in"),
  id: Type.Integer({ minimum: 0 }),
  user: Type.String(),
  partition: PartitionIdSchema,
  scheduledAt: At,
  sentAt: AtOrNever,
  endedAt: AtOrNever,
  outcome: Type.Union([
    Type.Literal("ok"),
    Type.Literal("degraded"),
    Type.Literal("refused"),
    Type.Literal("unknown"),
    Type.Literal("unsent"),
  ]),
  /** HTTP status, or the client's own code (`timeout`, `reset`, `connect`). */
  code: Type.String(),
});
export type SignInRecord = Static<typeof SignInRecordSchema>;

/**
 * One scheduled mail, to one or more final mailboxes. ok: 250 to DATA; refused: a 4xx or 5xx, or the connection ended
 * before the message was sent; unknown: sent, and no answer. An unknown mail is never sent again.
 */
export const MailRecordSchema = Type.Object({
  type: Type.Literal("mail"),
  id: Type.Integer({ minimum: 0 }),
  /** The Message-ID header, by which the mail is found again. */
  headerId: Type.String(),
  /** The user whose mail it is (the recipient). */
  user: Type.String(),
  partition: PartitionIdSchema,
  /** The final mailboxes that must each hold it exactly once. */
  mailboxes: Type.Array(Type.String(), { minItems: 1 }),
  scheduledAt: At,
  sentAt: AtOrNever,
  endedAt: AtOrNever,
  outcome: Type.Union([Type.Literal("ok"), Type.Literal("refused"), Type.Literal("unknown"), Type.Literal("unsent")]),
  code: Type.String(),
});
export type MailRecord = Static<typeof MailRecordSchema>;

/** One copy of a message found in a Maildir by the auditor, from outside. */
export const MaildirRecordSchema = Type.Object({
  type: Type.Literal("maildir"),
  headerId: Type.String(),
  mailbox: Type.String(),
  file: Type.String(),
  /** Change time of the file, which is when it could first be read, carried over to CLOCK_MONOTONIC. */
  at: At,
});
export type MaildirRecord = Static<typeof MaildirRecordSchema>;

/** A fate in the service's own ledger at the end of the side. */
export const FateRecordSchema = Type.Object({
  type: Type.Literal("fate"),
  headerId: Type.String(),
  mailbox: Type.String(),
  fate: FateSchema,
  at: At,
});
export type FateRecord = Static<typeof FateRecordSchema>;

/** The fault, step by step: ordered, proven to bite, taken away, proven gone. */
export const FaultRecordSchema = Type.Object({
  type: Type.Literal("fault"),
  at: At,
  step: Type.Union([
    Type.Literal("injected"),
    Type.Literal("proven"),
    Type.Literal("removed"),
    Type.Literal("proven-gone"),
  ]),
  detail: Type.String(),
});
export type FaultRecord = Static<typeof FaultRecordSchema>;

/** Exchanges a fault proxy counted for a partition in the second that began at `at`, canaries among them. */
export const ExchangesRecordSchema = Type.Object({
  type: Type.Literal("exchanges"),
  at: At,
  partition: PartitionIdSchema,
  exchanges: Type.Integer({ minimum: 0 }),
});
export type ExchangesRecord = Static<typeof ExchangesRecordSchema>;

/**
 * How late a timer of `source` fired: `reference` is the idle process, `generator` the workload's. Of `auth` and `mail` it is
 * the longest their event loop stood still since the last beat.
 */
export const NoiseRecordSchema = Type.Object({
  type: Type.Literal("noise"),
  at: At,
  source: Type.Union([
    Type.Literal("reference"),
    Type.Literal("auth"),
    Type.Literal("mail"),
    Type.Literal("generator"),
  ]),
  delayMs: Type.Number({ minimum: 0 }),
});
export type NoiseRecord = Static<typeof NoiseRecordSchema>;

/** Share of all cores that processes other than the drill's were busy for, in the second or so up to `at`. */
export const HostRecordSchema = Type.Object({
  type: Type.Literal("host"),
  at: At,
  othersShare: Type.Number({ minimum: 0, maximum: 1 }),
});
export type HostRecord = Static<typeof HostRecordSchema>;

/** Waiting mails by lane, once a second, for the charts; no verdict is made from it. */
export const QueueRecordSchema = Type.Object({
  type: Type.Literal("queue"),
  at: At,
  partition: PartitionIdSchema,
  queued: Type.Integer({ minimum: 0 }),
  oldestMs: Type.Number({ minimum: 0 }),
});

export const EventRecordSchema = Type.Object({ type: Type.Literal("event"), event: EventSchema });

export const HistoryRecordSchema = Type.Union([
  PhaseRecordSchema,
  SignInRecordSchema,
  MailRecordSchema,
  MaildirRecordSchema,
  FateRecordSchema,
  FaultRecordSchema,
  ExchangesRecordSchema,
  NoiseRecordSchema,
  HostRecordSchema,
  QueueRecordSchema,
  EventRecordSchema,
]);
export type HistoryRecord = Static<typeof HistoryRecordSchema>;
export type History = readonly HistoryRecord[];
