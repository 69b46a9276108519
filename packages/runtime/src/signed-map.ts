/**
 * The signed partition map on the caller's side: it is opened only when its signature is right, and a copy is kept on
 * disk, so that a caller can start, and go on, while control is gone.
 */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { Compile } from "typebox/compile";
import { PartitionMapSchema, SignedMapSchema, type PartitionMap, type SignedMap } from "@cordon/model";

const checkMap = Compile(PartitionMapSchema);
const checkSigned = Compile(SignedMapSchema);

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

/** A copy that cannot be read is no copy: control has the original. */
export function readCopy(file: string): SignedMap | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return checkSigned.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that a reader never meets half a copy. A full disk costs the copy, not the service. */
export function writeCopy(file: string, signed: SignedMap): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(signed));
    renameSync(`${file}.new`, file);
  } catch {
    // The next map, or the next start, tries again.
  }
}
