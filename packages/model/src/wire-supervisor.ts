/**
 * The supervisor link: one duplex stream of JSON lines over a unix socket between each process and the supervisor.
 * Up go life signs and judgements, down come appointments and hashing seats. When the link is down a process goes on
 * with what it knows: its last appointment stands, and it hashes one password at a time.
 * A line is at most 64 KiB; a line that does not parse ends the connection, and the process connects again.
 */
import { Type, type Static } from "typebox";
import { ColourSchema, InstanceIdSchema, OperationSchema, PartitionIdSchema } from "./ids.ts";

/** How often a process says that it lives. */
export const beatEveryMs = 250;
/** How often the supervisor says that it lives, and the silence after which a process no longer waits for it. */
export const downBeatEveryMs = 100;
export const linkMuteMs = 400;
/** The longest line either side may send, in bytes. */
export const maxLinkLineBytes = 65_536;

export const UpLineSchema = Type.Union([
  Type.Object({
    type: Type.Literal("hello"),
    name: Type.String(),
    pid: Type.Integer({ minimum: 1 }),
    /** Start time of the pid in clock ticks since boot (/proc/PID/stat field 22), or 0 where there is no /proc. */
    startTicks: Type.Integer({ minimum: 0 }),
    partition: Type.Optional(PartitionIdSchema),
    instance: Type.Optional(InstanceIdSchema),
  }),
  /** The process serves on these addresses now: name of the port -> URL or host:port. */
  Type.Object({ type: Type.Literal("ready"), ports: Type.Record(Type.String(), Type.String()) }),
  /** `lagMs`: the longest the event loop stood still since the last beat. */
  Type.Object({ type: Type.Literal("beat"), lagMs: Type.Number({ minimum: 0 }) }),
  /** A caller's judgement of a partition for one operation, sent on change and with every fourth beat while not green. */
  Type.Object({
    type: Type.Literal("judgement"),
    partition: PartitionIdSchema,
    operation: OperationSchema,
    colour: ColourSchema,
    /** The caller doubts itself (most of its partitions look red): its word is not acted on. */
    suspectsItself: Type.Boolean(),
  }),
  /** `remainingMs` is how long the asker will wait; a grant later than that is of no use to it. */
  Type.Object({
    type: Type.Literal("seat-ask"),
    ask: Type.Integer(),
    queue: Type.String(),
    remainingMs: Type.Number(),
  }),
  Type.Object({ type: Type.Literal("seat-back"), ask: Type.Integer() }),
  /** The role instance has taken the appointment: it writes (or no longer writes) in this term. */
  Type.Object({ type: Type.Literal("appointed"), term: Type.Integer({ minimum: 1 }), writes: Type.Boolean() }),
]);
export type UpLine = Static<typeof UpLineSchema>;

export const DownLineSchema = Type.Union([
  /** Who writes in this partition. A role instance obeys only a term above the last one it saw. */
  Type.Object({
    type: Type.Literal("appoint"),
    term: Type.Integer({ minimum: 1 }),
    writer: InstanceIdSchema,
    /** Base URL of the writer, past any fault proxy: siblings forward writes to it. */
    writerUrl: Type.String(),
    /** Nobody has ever written in this partition: an empty store is a new one, and not one that has lost its data. */
    begins: Type.Boolean(),
  }),
  /** A hashing seat, for `leaseMs`; it is taken back unasked when the lease runs out. `free`: seats still free. */
  Type.Object({
    type: Type.Literal("seat"),
    ask: Type.Integer(),
    leaseMs: Type.Number({ minimum: 1 }),
    free: Type.Integer({ minimum: 0 }),
  }),
  /** No seat: the queue is full or `remainingMs` ran out. */
  Type.Object({ type: Type.Literal("no-seat"), ask: Type.Integer(), retryAfterMs: Type.Number({ minimum: 0 }) }),
  /** Sent every `downBeatEveryMs`: a supervisor that is silent for `linkMuteMs` counts as gone. */
  Type.Object({ type: Type.Literal("beat"), freeSeats: Type.Integer({ minimum: 0 }) }),
]);
export type DownLine = Static<typeof DownLineSchema>;
