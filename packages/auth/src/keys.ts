/**
 * The two secrets of an auth host, made on its first start and readable by nobody else: the Ed25519 key that signs
 * tokens, and the key under which kept credentials are hashed. A file that is there is used as it is or refused by name;
 * it is never overwritten, because every token and every kept credential hangs on it.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface HostKeys {
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
  /** 32 bytes; argon2's `secret`. */
  readonly host: Uint8Array;
}

const hostKeyBytes = 32;
const hostKeyText = /^[0-9a-f]{64}$/;

/** Reads the keys in `dir`, making those that are missing. Throws with the file's name when one cannot be used. */
export function openKeys(dir: string): HostKeys {
  makeFolder(resolve(dir));
  const signing = signingKeyIn(join(dir, "signing-key.pem"));
  return { signing, verifying: createPublicKey(signing), host: hostKeyIn(join(dir, "host-key.hex")) };
}

function signingKeyIn(file: string): KeyObject {
  const pem = readOrMake(file, () =>
    generateKeyPairSync("ed25519", {
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    }).privateKey.trim(),
  );
  const key = asPrivateKey(pem);
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new Error(`${file} holds no Ed25519 private key (PKCS#8 PEM); restore it, or remove it to have a new one made`);
}

/** OpenSSL's own words for a bad key say neither which file nor what to do. */
function asPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function hostKeyIn(file: string): Uint8Array {
  const hex = readOrMake(file, () => randomBytes(hostKeyBytes).toString("hex"));
  if (hostKeyText.test(hex)) return Buffer.from(hex, "hex");
  throw new Error(
    `${file} holds no key of ${hostKeyBytes} bytes in hex; restore it, or remove it: kept credentials are then of no use`,
  );
}

function readOrMake(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const text = make();
  // On the disk before it has its name, so that a host that goes down in between never starts again with half a key; and
  // the name is on the disk before the key is used, so that it never starts again with another one.
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  syncFolder(dirname(file));
  return text;
}

/** Makes the folder and those above it that are missing, each with its name on the disk. */
function makeFolder(folder: string): void {
  const topmost = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = folder; made.length >= topmost.length; made = dirname(made)) syncFolder(dirname(made));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
