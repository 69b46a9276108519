/**
 * The folder of a run, made before anything is started: its secrets, its keys and its journal. The socket folder stands
 * in the system's temporary folder, since a unix socket's path has about a hundred bytes; it is in the journal before it
 * is made.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { identityOf } from "@cordon/runtime";
import { openJournal, type Journal } from "./journal.ts";
import {
  eventsDir,
  historyDir,
  journalFile,
  maildirsDir,
  mapPrivateKeyFile,
  mapPublicKeyFile,
  runDir,
  socketDirOf,
  tokenFile,
} from "./paths.ts";

export interface RunFolder {
  readonly runId: string;
  readonly dir: string;
  readonly journal: Journal;
  readonly socketDir: string;
  readonly token: string;
  /** SPKI PEM of the key control signs maps with. */
  readonly mapPublicKey: string;
}

/** Makes the folder of a run that begins now, with this process as its runner. Throws when the run is there already. */
export function makeRunFolder(root: string, runId: string): RunFolder {
  const dir = runDir(root, runId);
  mkdirSync(dirname(dir), { recursive: true });
  mkdirSync(dir, { mode: 0o700 });
  const journal = openJournal(journalFile(dir));
  journal.begin(runId, identityOf(process.pid));
  const socketDir = socketDirOf(tmpdir(), randomBytes(4).toString("hex"));
  journal.socketDir(socketDir);
  try {
    mkdirSync(socketDir, { mode: 0o700 });
    for (const folder of [eventsDir(dir), historyDir(dir), maildirsDir(dir), dirname(mapPrivateKeyFile(dir))])
      mkdirSync(folder, { mode: 0o700 });
    const token = randomBytes(24).toString("hex");
    writeFileSync(tokenFile(dir), `${token}\n`, { mode: 0o600 });
    return { runId, dir, journal, socketDir, token, mapPublicKey: makeMapKey(dir) };
  } catch (error) {
    // Nothing runs yet: such a run is over, and not one that somebody left behind.
    rmSync(socketDir, { recursive: true, force: true });
    journal.closed();
    throw error;
  }
}

function makeMapKey(dir: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(mapPrivateKeyFile(dir), privateKey, { mode: 0o600 });
  writeFileSync(mapPublicKeyFile(dir), publicKey, { mode: 0o600 });
  return publicKey;
}
