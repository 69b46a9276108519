/**
 * `result.json`, schema `cordon.drill/1`: what a drill found. A contract: keys are only ever added. Shares are 0..1,
 * times are milliseconds on the fault clock (0 is the injection); a time that never came is null, and a limit on it is
 * broken.
 */
import { Type, type Static } from "typebox";
import { eventKinds } from "./events.ts";

const MsOrNever = Type.Union([Type.Number(), Type.Null()]);
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Count = Type.Integer({ minimum: 0 });

export const verdicts = ["held", "refuted", "invalid", "aborted", "exploratory"] as const;
export type Verdict = (typeof verdicts)[number];

export const LimitClassSchema = Type.Union([
  Type.Literal("harm"),
  Type.Literal("mechanism"),
  Type.Literal("invariant"),
]);
export type LimitClass = Static<typeof LimitClassSchema>;

export const LimitResultSchema = Type.Object({
  id: Type.String(),
  title: Type.String(),
  class: LimitClassSchema,
  measured: MsOrNever,
  op: Type.Union([Type.Literal("<="), Type.Literal(">=")]),
  limit: Type.Number(),
  unit: Type.Union([Type.Literal("share"), Type.Literal("ms"), Type.Literal("ratio"), Type.Literal("count")]),
  held: Type.Boolean(),
});
export type LimitResult = Static<typeof LimitResultSchema>;

/** Percentiles in milliseconds; null where there are too few samples for the figure to mean anything. */
export const PctSchema = Type.Object({
  samples: Count,
  p50: MsOrNever,
  p95: MsOrNever,
  p99: MsOrNever,
  max: MsOrNever,
});
export type Pct = Static<typeof PctSchema>;

const Percentiles = { samples: Count, p50Ms: MsOrNever, p95Ms: MsOrNever, p99Ms: MsOrNever };

export const LoadSchema = Type.Object({
  scheduled: Count,
  ok: Count,
  degraded: Count,
  refused: Count,
  late: Count,
  unknown: Count,
  ...Percentiles,
  steady: Type.Object(Percentiles),
});
export type Load = Static<typeof LoadSchema>;

export const ResultEventSchema = Type.Object({
  atMs: Type.Number(),
  source: Type.String(),
  kind: Type.Enum(eventKinds),
  partition: Type.Optional(Type.String()),
  instance: Type.Optional(Type.String()),
  operation: Type.Optional(Type.String()),
  detail: Type.String(),
});
export type ResultEvent = Static<typeof ResultEventSchema>;

export const SideSchema = Type.Object({
  preset: Type.String(),
  disabled: Type.Array(Type.String()),
  limits: Type.Array(LimitResultSchema),
  events: Type.Array(ResultEventSchema),
  fault: Type.Object({
    injectedAtMs: MsOrNever,
    provenAtMs: MsOrNever,
    removedAtMs: MsOrNever,
    provenGoneAtMs: MsOrNever,
  }),
  failedShare: Share,
  hurt: Type.Object({ outside: Share, inside: Share, overall: Share }),
  ttdMs: MsOrNever,
  ttiMs: MsOrNever,
  failoverMs: MsOrNever,
  ttrMs: MsOrNever,
  amplification: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  signIn: Type.Object({ outside: LoadSchema, inside: LoadSchema }),
  mail: Type.Object({
    ok: Count,
    refused: Count,
    unknown: Count,
    delivered: Count,
    queued: Count,
    quarantined: Count,
    bounced: Count,
    lost: Count,
    duplicated: Count,
    delayMs: Type.Object({ outside: PctSchema, inside: PctSchema }),
  }),
  sla: Type.Object({
    transientSeconds: Type.Number({ minimum: 0 }),
    sustainedShare: Share,
    worstTenant: Share,
    fleet: Share,
    creditWorstTenant: Share,
    creditFleet: Share,
  }),
  noise: Type.Object({
    referenceP999Ms: MsOrNever,
    loopP999Ms: Type.Object({ auth: MsOrNever, mail: MsOrNever }),
    generatorP999Ms: MsOrNever,
    /** Mean share of all cores that other processes took; null where it cannot be told. */
    othersShare: Type.Union([Share, Type.Null()]),
  }),
});
export type Side = Static<typeof SideSchema>;

/**
 * What a person did with the drill in hand. `operatorTtdMs`: the first order that was right, an isolation or a failover of
 * what had failed. `operatorTtiMs`: that order had taken effect, and everybody else was within limits until the fault ended.
 */
export const HandsOnSchema = Type.Object({
  /** The partition that was drawn to fail. */
  partition: Type.String(),
  operatorTtdMs: MsOrNever,
  operatorTtiMs: MsOrNever,
  /** Every order of the side, in order of time; before the injection the time is negative. */
  orders: Type.Array(
    Type.Object({
      atMs: Type.Number(),
      order: Type.Union([Type.Literal("isolate"), Type.Literal("rejoin"), Type.Literal("failover")]),
      partition: Type.String(),
      right: Type.Boolean(),
    }),
  ),
  /** How long the fault stood, unless somebody interrupted the run. */
  leaseMs: Type.Number({ minimum: 0 }),
  /** What ended the others' harm: the operator, with the fault still on, or only the end of the fault's lease. */
  healedBy: Type.Union([Type.Literal("operator"), Type.Literal("lease")]),
});
export type HandsOn = Static<typeof HandsOnSchema>;

export const ResultSchema = Type.Object({
  schema: Type.Literal("cordon.drill/1"),
  cordon: Type.Object({ version: Type.String(), commit: Type.Union([Type.String(), Type.Null()]) }),
  drill: Type.String(),
  variant: Type.String(),
  seed: Type.String(),
  profile: Type.Union([Type.Literal("quick"), Type.Literal("full")]),
  store: Type.Union([Type.Literal("lmdb"), Type.Literal("redis")]),
  startedAt: Type.String({ format: "date-time" }),
  host: Type.Object({
    cpus: Count,
    node: Type.String(),
    platform: Type.String(),
    /** Mean share of all cores that the machine was busy while the drill ran, ours or not; null where it cannot be told. */
    busyShare: Type.Union([Share, Type.Null()]),
    /** Mean share of all cores that the drill's own processes took. */
    ownShare: Type.Union([Share, Type.Null()]),
  }),
  config: Type.Object({
    digest: Type.String(),
    partitions: Count,
    roleInstances: Count,
    users: Count,
    signInPerSecond: Type.Number(),
    mailPerSecond: Type.Number(),
    lateMs: Type.Number(),
    faultSeconds: Type.Number(),
    /** Absent from results of before these were told. */
    warmSeconds: Type.Optional(Type.Number()),
    steadySeconds: Type.Optional(Type.Number()),
    recoverySeconds: Type.Optional(Type.Number()),
  }),
  sides: Type.Array(SideSchema),
  /** Preset -> SHA-256, hexadecimal, of the file of its history; absent from results of before this was told. */
  histories: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** Present when a person had the drill in hand. */
  handsOn: Type.Optional(HandsOnSchema),
  baseline: Type.String(),
  candidate: Type.String(),
  control: Type.Object({ valid: Type.Boolean(), broken: Type.Array(Type.String()) }),
  verdict: Type.Enum(verdicts),
  reason: Type.String(),
  exitCode: Type.Integer({ minimum: 0, maximum: 255 }),
});
export type Result = Static<typeof ResultSchema>;
