/**
 * The settings of the guard, the post and the supervisor: every bound of the system, named, with its unit, and without
 * a default. `"off"` takes a protection away; the presets (docs/limits) say what stands in its place. They are checked
 * once, where a process reads its configuration, and frozen.
 */
import { Type, type Static } from "typebox";

const Ms = Type.Number({ exclusiveMinimum: 0 });
const Count = Type.Integer({ minimum: 1 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Off = Type.Literal("off");
/** The operations that callers ask through the guard; writes do not go that way. */
const PerOperation = Type.Object({ verify: Ms, lookup: Ms });

/** How a caller judges role instances and partitions. Both `ejection` and `isolation` act on these judgements. */
export const EvidenceSettingsSchema = Type.Object({
  /** A canary look-up to every role instance this often, and its time-out. */
  canaryEveryMs: Ms,
  canaryTimeoutMs: Ms,
  /** A call in flight this long, with no success of its operation since it began, is overdue. */
  overdueMs: PerOperation,
  /** This many overdue calls and misses without a success between them make an instance red for the operation. */
  redMisses: Count,
  /** Outcomes are kept this long; with at least `minSamples` of them, a miss share of `redShare` is red, `yellowShare` yellow. */
  windowMs: Ms,
  minSamples: Count,
  redShare: Share,
  yellowShare: Share,
  /** Successes in a row, after a red, before an instance is green again. */
  greenSuccesses: Count,
  /** Slower than this multiple of what is usual counts as slow, when the rest of the host is not slow too. */
  slowFactor: Type.Number({ minimum: 1 }),
  /** With at least this share of all partitions late at once the host is slow, or the caller is: nobody turns red. */
  hostSlowShare: Share,
});
export type EvidenceSettings = Static<typeof EvidenceSettingsSchema>;

export const EjectionSettingsSchema = Type.Object({
  /** At most this share of a partition's role instances is out at once. */
  maxShare: Share,
  /** First ejection lasts this long, each further one a multiple of it, up to `maxMs`. */
  baseMs: Ms,
  maxMs: Ms,
});
export type EjectionSettings = Static<typeof EjectionSettingsSchema>;

export const IsolationSettingsSchema = Type.Object({
  /** While isolated, this many leased probe calls at a time are let through, one batch every `probeEveryMs`. */
  probes: Count,
  probeEveryMs: Ms,
  probeLeaseMs: Ms,
  /** Successes in a row (probes or canaries) before the partition is let back in. */
  rejoinSuccesses: Count,
});
export type IsolationSettings = Static<typeof IsolationSettingsSchema>;

export const BreakerSettingsSchema = Type.Object({
  /** Deadline misses in a row that open it at once. */
  consecutiveMisses: Count,
  /** Rolling window, and the share of failures with at least `volume` calls that opens it. */
  windowMs: Ms,
  errorShare: Share,
  volume: Count,
  /** How long it stays open before probes; how many probes; how long a probe may take before its lease is void. */
  openMs: Ms,
  probes: Count,
  probeLeaseMs: Ms,
});
export type BreakerSettings = Static<typeof BreakerSettingsSchema>;

export const BulkheadSettingsSchema = Type.Union([
  /** Seats and bounded waiting for each partition apart. A seat is held until the attempt has truly ended. */
  Type.Object({ kind: Type.Literal("per-partition"), seats: Count, waiting: Type.Integer({ minimum: 0 }), waitMs: Ms }),
  /** What `off` means: one pool of connections for all partitions, first come, first served, no bound on waiting. */
  Type.Object({ kind: Type.Literal("shared"), connections: Count }),
]);
export type BulkheadSettings = Static<typeof BulkheadSettingsSchema>;

export const RetrySettingsSchema = Type.Object({
  /** Tries after the first. */
  attempts: Type.Integer({ minimum: 0 }),
  delay: Type.Union([
    Type.Object({ kind: Type.Literal("fixed"), ms: Type.Number({ minimum: 0 }) }),
    /** Full jitter: uniform in 0 .. min(capMs, baseMs * 2^n). */
    Type.Object({ kind: Type.Literal("jittered"), baseMs: Ms, capMs: Ms }),
  ]),
  /** Tokens: each first try earns `ratio`, each retry costs one; never more than `reserve` saved up. Off: no bound. */
  budget: Type.Union([Type.Object({ ratio: Share, reserve: Count }), Off]),
});
export type RetrySettings = Static<typeof RetrySettingsSchema>;

export const HedgeSettingsSchema = Type.Object({
  /** Never sooner than this, else the p99 of the faster sibling. */
  floorMs: Ms,
  /** Hedges per first try, at most. */
  share: Share,
  reserve: Count,
});
export type HedgeSettings = Static<typeof HedgeSettingsSchema>;

export const GuardSettingsSchema = Type.Object({
  /** Limit of one attempt, for each operation. */
  attemptTimeoutMs: PerOperation,
  /** The whole call, retries and waiting included; passed on in a header, and it cancels. Off: only attempts are limited. */
  deadlineMs: Type.Union([PerOperation, Off]),
  bulkhead: BulkheadSettingsSchema,
  breaker: Type.Union([BreakerSettingsSchema, Off]),
  retry: RetrySettingsSchema,
  hedge: Type.Union([HedgeSettingsSchema, Off]),
  evidence: EvidenceSettingsSchema,
  ejection: Type.Union([EjectionSettingsSchema, Off]),
  isolation: Type.Union([IsolationSettingsSchema, Off]),
});
export type GuardSettings = Static<typeof GuardSettingsSchema>;

/** When a mail is tried again, and when the sender is told that it will not be. */
export const DeferralSettingsSchema = Type.Object({
  firstMs: Ms,
  factor: Type.Number({ minimum: 1 }),
  maxMs: Ms,
  /** Share of the delay that is taken off at random. */
  jitter: Share,
  /** Age at which a mail that cannot be delivered is bounced. */
  expireMs: Ms,
});
export type DeferralSettings = Static<typeof DeferralSettingsSchema>;

export const LanesSettingsSchema = Type.Union([
  /** One lane a directory partition, each with deliveries of its own. Past `maxQueued` new mail for it gets 451. */
  Type.Object({
    kind: Type.Literal("per-partition"),
    slots: Count,
    maxQueued: Count,
    /** A draining lane starts at this rate and doubles it every `doubleMs`, until it flows. Off: all at once. */
    ramp: Type.Union([Type.Object({ startPerSecond: Count, doubleMs: Ms }), Off]),
  }),
  /** What `off` means: one delivery queue for all, in order of arrival. */
  Type.Object({ kind: Type.Literal("shared"), slots: Count, maxQueued: Count }),
]);
export type LanesSettings = Static<typeof LanesSettingsSchema>;

/** The look at recipients at SMTP's door. Off: every hosted domain is accepted, and unknown recipients are bounced later. */
export const AdmissionSettingsSchema = Type.Object({ recipientCheckMs: Ms });
export type AdmissionSettings = Static<typeof AdmissionSettingsSchema>;

export const FallbackSettingsSchema = Type.Object({
  /** How long after its last success a credential may vouch. */
  maxAgeMs: Ms,
  /** The revocation feed must have been heard from within this; else there is no fallback. */
  feedFreshMs: Ms,
  /** Credentials kept, at most; the one not used for longest goes first. */
  maxEntries: Count,
  tokenSeconds: Count,
  /** Fallback verifications under way or waiting for a hashing seat, at most; and credentials waiting to be kept. */
  waiting: Count,
});
export type FallbackSettings = Static<typeof FallbackSettingsSchema>;

export const SeatSettingsSchema = Type.Object({
  /** Hashing seats for the whole host: never more than its cores. */
  seats: Count,
  /** A seat is taken back after this, whatever became of its holder. */
  leaseMs: Ms,
  /** Asks that may wait, for each queue. Queues are served in turn. */
  waiting: Count,
});
export type SeatSettings = Static<typeof SeatSettingsSchema>;

export const FenceSettingsSchema = Type.Object({
  /** A process that did not beat for this long while others did is fenced; one in state T is fenced as soon as it is seen. */
  silentMs: Ms,
  checkEveryMs: Ms,
  /** At most one kill a partition in this time. */
  onePerMs: Ms,
});
export type FenceSettings = Static<typeof FenceSettingsSchema>;

export const FailoverSettingsSchema = Type.Object({
  /** A partition that a caller has judged red for this long, without a break, gets new role instances. */
  redForMs: Ms,
  /** And not again within this. */
  onePerMs: Ms,
});
export type FailoverSettings = Static<typeof FailoverSettingsSchema>;
