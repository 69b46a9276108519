/**
 * The partition map: which tenant lives in which partition, and where that partition's role instances listen.
 * `control` owns it and signs it; every client keeps a copy on disk and goes on with it when control is gone.
 * A tenant is found by its pin, else by its bucket; so an unknown domain still has a partition to be asked.
 * Buckets, not partitions, are hashed: adding a partition moves buckets, and nothing else.
 */
import { Type, type Static } from "typebox";
import { hash32 } from "./hash.ts";
import { InstanceIdSchema, PartitionIdSchema, type PartitionId, type TenantId } from "./ids.ts";

export const InstanceEndpointSchema = Type.Object({
  id: InstanceIdSchema,
  /** Base URL callers use. In a lab it is a fault proxy in front of the role instance. */
  service: Type.String({ format: "uri" }),
});
export type InstanceEndpoint = Static<typeof InstanceEndpointSchema>;

export const PartitionSchema = Type.Object({
  id: PartitionIdSchema,
  instances: Type.Array(InstanceEndpointSchema, { minItems: 1, maxItems: 26 }),
});
export type Partition = Static<typeof PartitionSchema>;

export const PartitionMapSchema = Type.Object({
  /** Grows by one with each change; a client never goes back to a lower one. */
  epoch: Type.Integer({ minimum: 1 }),
  partitions: Type.Array(PartitionSchema, { minItems: 1, maxItems: 999 }),
  /** Bucket number -> partition. The length is the number of buckets and never changes in the life of a directory. */
  buckets: Type.Array(PartitionIdSchema, { minItems: 1, maxItems: 4096 }),
  /** The domains hosted here. Mail for any other is refused for good, whatever the partitions' state. */
  tenants: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 50_000 }),
  /** Tenants that live where their bucket does not say. */
  pins: Type.Record(Type.String(), PartitionIdSchema),
});
export type PartitionMap = Static<typeof PartitionMapSchema>;

/** The map as it travels: the exact bytes that were signed, and an Ed25519 signature over them. */
export const SignedMapSchema = Type.Object({
  /** base64url of the JSON of a PartitionMap. */
  payload: Type.String({ maxLength: 4_000_000 }),
  /** base64url of the Ed25519 signature over the payload's characters. */
  signature: Type.String({ maxLength: 128 }),
});
export type SignedMap = Static<typeof SignedMapSchema>;

/** The partition of a tenant: its pin, else its bucket's. Total: every domain has one, known or not. */
export function partitionOf(map: PartitionMap, tenant: TenantId): PartitionId {
  const pinned = Object.hasOwn(map.pins, tenant) ? map.pins[tenant] : undefined;
  if (pinned !== undefined) return pinned;
  const bucket = map.buckets[hash32("bucket", tenant) % map.buckets.length];
  if (bucket === undefined) throw new Error("a partition map has at least one bucket");
  return bucket;
}
