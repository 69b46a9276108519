/**
 * What a role instance is told. Every bound is required: the lab writes them all, and docs/limits says where each number
 * comes from. Role instances of one partition share `store`; everything else may differ between them.
 */
import { Type, type Static } from "typebox";
import { InstanceIdSchema, PartitionIdSchema } from "@cordon/model";
import { ControlConfigSchema } from "@cordon/control-client";
import { ListenSchema, ProcessConfigSchema } from "@cordon/runtime";
import { VerifiedRecentlySchema } from "./verified-recently.ts";

const Ms = Type.Number({ exclusiveMinimum: 0 });
const Count = Type.Integer({ minimum: 1 });

/** Where the partition's records are. */
const StoreConfigSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("lmdb"),
    /** Folder of the environment, on a local disk. */
    dataDir: Type.String({ minLength: 1 }),
  }),
  Type.Object({
    kind: Type.Literal("redis"),
    /** `redis://[user][:password@]host:port[/database]`; partitions may share a Redis, and die with it together. */
    url: Type.String({ format: "uri", pattern: "^rediss?://" }),
    /** The longest a TCP connect may take. */
    connectWithinMs: Ms,
    /** A connection that owes an answer and says nothing for this long is dropped. */
    silentMs: Ms,
    /** The longest one read, and one write with being sent again when its answer was lost, may take. */
    readWithinMs: Ms,
    writeWithinMs: Ms,
    /** Calls under way at once; the next one is unavailable at once. */
    pendingCalls: Count,
  }),
]);

export const DirectoryConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  partition: PartitionIdSchema,
  instance: InstanceIdSchema,
  /** The service port is what callers use; the health port says only what the process thinks of itself. */
  listen: Type.Object({ service: ListenSchema, health: ListenSchema }),
  store: StoreConfigSchema,
  /** Only its `url` and `token` are used: a role instance follows no map. The token also guards this instance's own writes. */
  control: ControlConfigSchema,
  /** The longest wait for control before a change of a credential is given up. */
  controlTimeoutMs: Ms,
  /** Who writes when there is no supervisor (`supervisorSocket: null`); not looked at when there is one. */
  appointment: Type.Union([
    Type.Object({
      term: Count,
      writer: InstanceIdSchema,
      writerUrl: Type.String({ format: "uri" }),
      /** An empty store is a new one, and not one that has lost its data. */
      begins: Type.Boolean(),
    }),
    Type.Null(),
  ]),
  /** Whether the lab may make this instance misbehave (`POST /fault-points` on the health port). */
  faultPoints: Type.Boolean(),
  verifiedRecently: VerifiedRecentlySchema,
  /** The longest a request of each kind may take, whatever its caller's deadline; for an import, its whole length. */
  longestMs: Type.Object({ verify: Ms, lookup: Ms, write: Ms, import: Ms }),
  import: Type.Object({ maxLineBytes: Count, batchLines: Count }),
  bounds: Type.Object({
    /** Reads waiting for a revision this instance has not seen, and how often they look again. */
    waitingReads: Count,
    revisionPollMs: Ms,
    /** Changes under way or waiting for an earlier change of the same address. */
    waitingWrites: Count,
    /** Connections to the writer, for writes that are forwarded. */
    forwardConnections: Count,
    /** Open connections of each port. */
    connections: Count,
  }),
});
export type DirectoryConfig = Static<typeof DirectoryConfigSchema>;
