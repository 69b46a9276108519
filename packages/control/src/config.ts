/**
 * What control must be told. Every bound is a required number with its unit; the figures of a lab stand in docs/limits.
 * The private key is a file that the lab makes (PKCS#8 PEM, Ed25519); it is named here and never copied here, so that a
 * configuration can be shown to anybody. The token stands in the configuration and therefore in no log.
 */
import { Type, type Static } from "typebox";
import { PartitionMapSchema } from "@cordon/model";
import { ListenSchema, ProcessConfigSchema } from "@cordon/runtime";

const Ms = Type.Number({ exclusiveMinimum: 0 });
const Count = Type.Integer({ minimum: 1 });

const { partitions, buckets, tenants, pins } = PartitionMapSchema.properties;
const FirstMapSchema = Type.Object({ partitions, buckets, tenants, pins });
export type FirstMap = Static<typeof FirstMapSchema>;

export const ControlServiceConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  listen: ListenSchema,
  /** The folder of the one LMDB environment; it belongs to control alone. */
  dataDir: Type.String({ minLength: 1 }),
  /** The Ed25519 private key that maps are signed with, as a PKCS#8 PEM file. */
  mapKeyFile: Type.String({ minLength: 1 }),
  /** The map of epoch 1, where no supervisor publishes one. Of a store that has a map it changes nothing. */
  firstMap: Type.Optional(FirstMapSchema),
  /** The lab's token: whoever sends it may change things. */
  token: Type.String({ minLength: 16 }),
  /** Largest body of a map change, bytes; a signed map of more than 4,000,000 characters cannot travel. */
  maxMapBytes: Type.Integer({ minimum: 1024, maximum: 3_000_000 }),
  /** Lines the revocation log may hold, about 300 bytes of disk each. At the bound revocations are unavailable, and so are
   *  the changes of users that need one; maps and orders, whose size is bounded anyway, are not. */
  maxRevocations: Count,
  /** A line older than this is let go, unless it locks a user out: longer than any credential vouches, with a margin. */
  keepRevocationsMs: Ms,
  /** Changes under way at once; one more is told `busy`. */
  maxPendingChanges: Count,
  /** How long a change may wait for the disk before it is answered `unavailable`, although it may yet be made. */
  changeTimeoutMs: Ms,
  polls: Type.Object({
    /** Long polls held at once, over all feeds; one more is told `busy`. */
    maxWaiting: Count,
    /** The longest a poll is held, whatever it asks for. */
    longestWaitMs: Ms,
  }),
});
export type ControlServiceConfig = Static<typeof ControlServiceConfigSchema>;
