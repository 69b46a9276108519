/**
 * The two secrets of an auth host, made on its first start and readable by nobody else: the Ed25519 key that signs
 * tokens, and the key under which kept credentials are hashed. A file that is there is used as it is or refused; it is
 * never overwritten.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface HostKeys {
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
  /** 32 bytes; argon2's `secret`. */
  readonly host: Uint8Array;
}

/** Reads the keys in `dir`, making those that are missing. Throws with the file's name when one cannot be used. */
export function openKeys(dir: string): HostKeys {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const pem = readOrMake(join(dir, "signing-key.pem"), () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  const signing = createPrivateKey(pem);
  const host = Buffer.from(
    readOrMake(join(dir, "host-key.hex"), () => randomBytes(32).toString("hex")),
    "hex",
  );
  if (host.length !== 32)
    throw new Error(`${join(dir, "host-key.hex")} holds no 32-byte key; remove it to have a new one made`);
  return { signing, verifying: createPublicKey(signing), host };
}

function readOrMake(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const text = make();
  // Renamed into place, so that a host killed in between never starts again with half a key.
  writeFileSync(`${file}.new`, `${text.trim()}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return text;
}
