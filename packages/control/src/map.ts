/**
 * What makes a partition map fit to be published, and its signature. Every caller routes by this map and keeps a copy
 * for the time when control is gone, so a map that names a partition that is not there must never be signed.
 * Invariants: an epoch is the last one plus one; every bucket and pin leads to a partition of the map; the number of
 * buckets never changes; an instance belongs to the partition it is listed under and is listed once.
 */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { partitionOfInstance, type PartitionMap, type SignedMap } from "@cordon/model";
import { readDomain } from "@cordon/runtime";

/** How many complaints about one map are worth listing. */
const maxComplaints = 5;

/** What is wrong with `map` as the successor of `before`, at most five sentences; empty when nothing is. */
export function complaintsAbout(map: PartitionMap, before: PartitionMap | undefined): readonly string[] {
  return [...allComplaints(map, before)].slice(0, maxComplaints);
}

function* allComplaints(map: PartitionMap, before: PartitionMap | undefined): Generator<string> {
  const partitions = new Set(map.partitions.map(({ id }) => id));
  if (partitions.size < map.partitions.length) yield "a partition is listed twice";
  if (before !== undefined && before.buckets.length !== map.buckets.length)
    yield `there are ${map.buckets.length} buckets; there were ${before.buckets.length}, and that never changes`;
  for (const [bucket, id] of map.buckets.entries())
    if (!partitions.has(id)) yield `bucket ${bucket} leads to ${id}, which is not in the map`;
  for (const [tenant, id] of Object.entries(map.pins))
    if (!partitions.has(id)) yield `the pin of ${tenant.slice(0, 255)} leads to ${id}, which is not in the map`;
  for (const tenant of [...map.tenants, ...Object.keys(map.pins)])
    if (readDomain(tenant) !== tenant) yield `${tenant.slice(0, 255)} is not a domain in its canonical form`;
  const instances = new Set<string>();
  for (const partition of map.partitions) {
    for (const { id } of partition.instances) {
      if (partitionOfInstance(id) !== partition.id) yield `${id} is listed under ${partition.id}`;
      if (instances.has(id)) yield `${id} is listed twice`;
      instances.add(id);
    }
  }
}

/** The key in a PKCS#8 PEM file. Throws, with the path and without the key, when the file holds no Ed25519 private key. */
export function readMapKey(file: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch {
    // What it says may quote the file: the sentence below is all that anybody is told.
  }
  if (key?.asymmetricKeyType !== "ed25519")
    throw new Error(`${file} holds no Ed25519 private key in PKCS#8 PEM form; make one, or name another file`);
  return key;
}

/** SPKI PEM of the public half, as it is handed to callers. */
export const publicKeyOf = (key: KeyObject): string => createPublicKey(key).export({ type: "spki", format: "pem" });

/** Deterministic: the same map and key give the same bytes, before and after a restart. */
export function signMap(map: PartitionMap, key: KeyObject): SignedMap {
  const payload = Buffer.from(JSON.stringify(map)).toString("base64url");
  return { payload, signature: sign(null, Buffer.from(payload), key).toString("base64url") };
}
