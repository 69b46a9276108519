/** The signed partition map on the caller's side: it is opened only when its signature is right. */
import { createPublicKey, verify } from "node:crypto";
import { Compile } from "typebox/compile";
import { PartitionMapSchema, type PartitionMap, type SignedMap } from "@cordon/model";

const checkMap = Compile(PartitionMapSchema);

/** The map inside a signed one, or undefined when the signature or the shape is wrong. */
export function openSignedMap(signed: SignedMap, publicKeyPem: string): PartitionMap | undefined {
  try {
    const signature = Buffer.from(signed.signature, "base64url");
    if (!verify(null, Buffer.from(signed.payload), createPublicKey(publicKeyPem), signature)) return undefined;
    const map: unknown = JSON.parse(Buffer.from(signed.payload, "base64url").toString("utf8"));
    return checkMap.Check(map) ? map : undefined;
  } catch {
    return undefined;
  }
}
