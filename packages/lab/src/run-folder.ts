/**
 * The folder of a run, made before anything is started: its secrets, its keys and its journal. The socket folder stands
 * in the system's temporary folder, since a unix socket's path has about a hundred bytes; it is in the journal before it
 * is made.
 * Two runs may want the same name in the same instant. The folder is made under a name of its own and is in its place
 * with one rename, journal, secrets and all: whoever comes second finds it taken. So no folder in its place is ever
 * without the journal that says whose it is, and what is removed is taken out of its place before it is looked at for the
 * last time: for that instant a run that has just begun finds its folder gone.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { identityOf } from "@cordon/runtime";
import { openJournal, readJournal, type Journal } from "./journal.ts";
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
import { startErrorOf } from "./start-error.ts";

export interface RunFolder {
  readonly runId: string;
  readonly dir: string;
  readonly journal: Journal;
  readonly socketDir: string;
  readonly token: string;
  /** SPKI PEM of the key control signs maps with. */
  readonly mapPublicKey: string;
}

/** `abandoned`: its runner is gone and nobody has cleared it away yet. */
export type RunState = "living" | "abandoned" | "closed";

/** What became of the run in `dir`. A folder without a journal is nobody's. */
export function runStateIn(dir: string): RunState {
  const journal = readJournal(journalFile(dir));
  if (journal === undefined || journal.closed) return "closed";
  return journal.runnerLives ? "living" : "abandoned";
}

/** Removes the folder of a run that is over, to make room for one of that name. Any other is left as it is. */
export function removeClosedRun(root: string, runId: string): void {
  const dir = runDir(root, runId);
  if (!existsSync(dir) || runStateIn(dir) !== "closed") return;
  const aside = besides(dir, "removed");
  try {
    renameSync(dir, aside);
  } catch (error) {
    // Somebody else has removed it.
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  // Between the look and the rename another run may have taken the place of the one that was over: it gets it back.
  if (runStateIn(aside) === "closed") rmSync(aside, { recursive: true });
  else renameSync(aside, dir);
}

/**
 * Makes the folder of a run that begins now, with this process as its runner. Throws when the name is taken; LabStartError
 * when the system does not let it write there, or in the temporary folder.
 */
export function makeRunFolder(root: string, runId: string): RunFolder {
  const dir = runDir(root, runId);
  const socketDir = socketDirOf(tmpdir(), randomBytes(4).toString("hex"));
  const secrets = claim(dir, runId, socketDir, root);
  const journal = openJournal(journalFile(dir));
  try {
    mkdirSync(socketDir, { mode: 0o700 });
  } catch (error) {
    // Nothing runs yet: such a run is over, and not one that somebody left behind.
    closeIfItCan(journal);
    throw startErrorOf(error, dirname(socketDir), "set TMPDIR to a folder that takes files and unix sockets");
  }
  return { runId, dir, journal, socketDir, ...secrets };
}

function closeIfItCan(journal: Journal): void {
  try {
    journal.closed();
  } catch {
    // The disk that refused the rest refuses this too; then the doctor closes it.
  }
}

type Secrets = Pick<RunFolder, "token" | "mapPublicKey">;

/** Puts the whole folder in its place: once it is there, whoever makes room may move it away for an instant and back. */
function claim(dir: string, runId: string, socketDir: string, root: string): Secrets {
  const made = besides(dir, "claim");
  try {
    mkdirSync(dirname(dir), { recursive: true });
    const secrets = furnish(made, runId, socketDir);
    moveIn(made, dir, runId);
    return secrets;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw startErrorOf(error, root, "stand in a folder that takes files");
  }
}

function moveIn(made: string, dir: string, runId: string): void {
  try {
    renameSync(made, dir);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
    throw new Error(`a run named ${runId} is there already: wait for its end, or give yours another name`, {
      cause: error,
    });
  }
}

function furnish(made: string, runId: string, socketDir: string): Secrets {
  mkdirSync(made, { mode: 0o700 });
  const journal = openJournal(journalFile(made));
  journal.begin(runId, identityOf(process.pid));
  journal.socketDir(socketDir);
  for (const folder of [eventsDir(made), historyDir(made), maildirsDir(made), dirname(mapPrivateKeyFile(made))])
    mkdirSync(folder, { mode: 0o700 });
  const token = randomBytes(24).toString("hex");
  writeFileSync(tokenFile(made), `${token}\n`, { mode: 0o600 });
  return { token, mapPublicKey: makeMapKey(made) };
}

/** A name beside `dir` that nobody else uses. */
const besides = (dir: string, why: string): string => `${dir}.${why}-${randomBytes(4).toString("hex")}`;

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

/** Makes the key pair that maps are signed with, in files of `dir`; returns its public half, SPKI PEM. */
export function makeMapKey(dir: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(mapPrivateKeyFile(dir), privateKey, { mode: 0o600 });
  writeFileSync(mapPublicKeyFile(dir), publicKey, { mode: 0o600 });
  return publicKey;
}
