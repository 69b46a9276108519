/**
 * What the mail service says over its operator's HTTP port, and the words of the ledger.
 *
 *   GET /v1/ledger?after=N&limit=M  -> LedgerPage     every (message, mailbox) and its fate, in order of change
 *   GET /v1/lanes                   -> LaneView[]
 *
 * Ledger unit: (message, final mailbox). `expanded` stands for a recipient whose children account for it (an alias or a
 * group), `merged` for a second arrival of one message at one mailbox; neither is a mail of its own.
 */
import { Type, type Static } from "typebox";
import { PartitionIdSchema } from "./ids.ts";

export const FateSchema = Type.Union([
  Type.Literal("queued"),
  Type.Literal("delivered"),
  Type.Literal("bounced"),
  Type.Literal("quarantined"),
  Type.Literal("discarded"),
  Type.Literal("expanded"),
  Type.Literal("merged"),
]);
export type Fate = Static<typeof FateSchema>;

export const LedgerEntrySchema = Type.Object({
  /** Place in the order of changes; grows by one with each change of any unit. */
  change: Type.Integer({ minimum: 1 }),
  message: Type.String(),
  /** The `Message-ID` header of the message, for whoever sent it. */
  headerId: Type.Union([Type.String(), Type.Null()]),
  /** The address as the sender gave it, or the child an expansion made of it. */
  recipient: Type.String(),
  /** Known once the look-up was answered. */
  mailbox: Type.Union([Type.String(), Type.Null()]),
  partition: PartitionIdSchema,
  fate: FateSchema,
  origin: Type.Union([Type.Literal("client"), Type.Literal("system")]),
  attempts: Type.Integer({ minimum: 0 }),
  /** CLOCK_MONOTONIC of the acceptance and of the last change of fate. */
  acceptedAt: Type.Number(),
  changedAt: Type.Number(),
});
export type LedgerEntry = Static<typeof LedgerEntrySchema>;

export const LedgerPageSchema = Type.Object({
  entries: Type.Array(LedgerEntrySchema),
  next: Type.Integer({ minimum: 0 }),
});
export type LedgerPage = Static<typeof LedgerPageSchema>;

export const LaneViewSchema = Type.Object({
  partition: PartitionIdSchema,
  state: Type.Union([Type.Literal("flowing"), Type.Literal("isolated"), Type.Literal("draining")]),
  queued: Type.Integer({ minimum: 0 }),
  oldestMs: Type.Number({ minimum: 0 }),
});
export type LaneView = Static<typeof LaneViewSchema>;
