/**
 * The plan of a lab: everything its supervisor must know to start it, keep it and fail it over. The runner writes it once
 * as the supervisor's configuration; a restarted supervisor reads the same plan again. It holds no secret: the token and
 * the keys are files of the run.
 */
import { Type, type Static } from "typebox";
import {
  AdmissionSettingsSchema,
  DeferralSettingsSchema,
  FailoverSettingsSchema,
  FallbackSettingsSchema,
  FenceSettingsSchema,
  GuardSettingsSchema,
  LanesSettingsSchema,
  PartitionIdSchema,
  SeatSettingsSchema,
  type InstanceId,
  type PartitionId,
} from "@cordon/model";
import { ProcessConfigSchema } from "@cordon/runtime";

const Off = Type.Literal("off");
const Text = Type.String({ minLength: 1 });
const Ms = Type.Number({ exclusiveMinimum: 0 });

/** Everything a lab's processes are told that is a matter of protection; presets.ts has the numbers. */
const LabSettingsSchema = Type.Object({
  guard: GuardSettingsSchema,
  lanes: LanesSettingsSchema,
  admission: Type.Union([AdmissionSettingsSchema, Off]),
  fallback: Type.Union([FallbackSettingsSchema, Off]),
  deferral: DeferralSettingsSchema,
  seats: SeatSettingsSchema,
  fence: Type.Union([FenceSettingsSchema, Off]),
  failover: Type.Union([FailoverSettingsSchema, Off]),
});
export type LabSettings = Static<typeof LabSettingsSchema>;

/** The services of this repository that a lab is made of. */
export const roles = ["control", "fault", "directory", "auth", "mail"] as const;
/** What a process of a lab is, besides its name: one of the services, or the foreign program under a partition. */
export type Role = (typeof roles)[number] | "redis";

/** What the records of a lab's partitions can be in. */
export const storeKinds = ["lmdb", "redis"] as const;
export type StoreKind = (typeof storeKinds)[number];
export const isStoreKind = (text: string): text is StoreKind => storeKinds.some((kind) => kind === text);

const StoreSchema = Type.Union([
  Type.Object({ kind: Type.Literal("lmdb") }),
  Type.Object({
    kind: Type.Literal("redis"),
    /** Path of redis-server, and what has to be set for it. */
    program: Text,
    environment: Type.Record(Type.String(), Type.String()),
    /** Partition -> the port its Redis listens on, in each of its lives. */
    ports: Type.Record(PartitionIdSchema, Type.Integer({ minimum: 1, maximum: 65_535 })),
  }),
]);

export const TenantSchema = Type.Object({
  domain: Type.String({ minLength: 1, maxLength: 255 }),
  partition: PartitionIdSchema,
});
export type Tenant = Static<typeof TenantSchema>;

export const SupervisionBoundsSchema = Type.Object({
  /** A process that ended is started again after 0, then this, then twice this .. up to `respawnCapMs`. */
  respawnBaseMs: Ms,
  respawnCapMs: Ms,
  /** A process that has served this long begins at 0 again. */
  settledMs: Ms,
  /**
   * What every start may take. A process that has not said hello by then hangs, and is fenced; successors that do not
   * serve by then end a failover before it has changed anything.
   */
  startWithinMs: Ms,
  /** After which an ordered failover that could not be carried out is tried again. */
  orderRetryMs: Ms,
  /** One call of control or of the fault proxies. */
  callTimeoutMs: Ms,
  /** A caller whose link was silent for this long has no say in a failover. */
  judgementSilentMs: Ms,
  /** How often the supervisor looks at what it decides by time. */
  tickMs: Ms,
  /**
   * Fault proxies of role instances that are no more and that stand all the same, of all partitions: they are counted on
   * while a drill lasts, and what is on them can be named. The one that went first is taken away for one more.
   */
  retiredProxies: Type.Integer({ minimum: 0, maximum: 512 }),
});
export type SupervisionBounds = Static<typeof SupervisionBoundsSchema>;

export const LabPlanSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  runId: Text,
  /** The run's folder. */
  dir: Text,
  /** The unix socket processes link to. */
  linkSocket: Text,
  partitions: Type.Integer({ minimum: 1, maximum: 64 }),
  /** In each partition, to begin with. */
  roleInstances: Type.Integer({ minimum: 1, maximum: 8 }),
  /** Whether role instances can be told to misbehave from inside. */
  faultPoints: Type.Boolean(),
  /** Whether a drill reads the run's history: only then is it written, for in a lab that lives for weeks it has no end. */
  keepsHistory: Type.Boolean(),
  /** What the partitions' records are in. */
  store: StoreSchema,
  /** Every coin of the fault proxies falls by it. */
  seed: Text,
  tenants: Type.Array(TenantSchema, { maxItems: 50_000 }),
  settings: LabSettingsSchema,
  /** The program of each role: a file that Node runs with `--config FILE`. */
  programs: Type.Object({ control: Text, fault: Text, directory: Text, auth: Text, mail: Text }),
  bounds: SupervisionBoundsSchema,
});
export type LabPlan = Static<typeof LabPlanSchema>;

/** `p1`, `p2`, .. */
export const partitionIds = (plan: Pick<LabPlan, "partitions">): readonly PartitionId[] =>
  Array.from({ length: plan.partitions }, (_, index) => `p${index + 1}`);

/** The process of a partition's Redis. */
export const redisName = (partition: PartitionId): string => `${partition}-redis`;

/** The `ordinal`th role instance a partition ever had, from 0: `p3a`, `p3b`, .. `p3z`, `p3aa`, .. `p3zz`, `p3aaa`, .. */
export const instanceId = (partition: PartitionId, ordinal: number): InstanceId => `${partition}${lettersOf(ordinal)}`;

const lettersOf = (ordinal: number): string =>
  (ordinal < 26 ? "" : lettersOf(Math.floor(ordinal / 26) - 1)) + String.fromCharCode(97 + (ordinal % 26));
