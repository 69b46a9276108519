/**
 * Where a run keeps its things. Everything a run writes stands in one folder under `.cordon/labs`, except its unix
 * sockets, whose paths must be short. A name here is a promise to whoever looks in from outside: `cordon isolate` finds
 * a lab by its `lab.json`, and `cordon doctor` by its journal.
 */
import { basename, join } from "node:path";

/** The folder all runs of a working directory are in. */
export const labsDir = (root: string): string => join(root, ".cordon", "labs");

/** The folder of one run. */
export const runDir = (root: string, runId: string): string => join(labsDir(root), runId);

/** The id of a run that `cordon up` keeps. `nonce`: eight hexadecimal digits of chance. */
export const upRunId = (nonce: string): string => `up-${nonce}`;
/** Whether `cordon up` keeps the run; else a drill does, and ends it by itself. */
export const isUpRun = (runId: string): boolean => /^up-[0-9a-f]{8}$/.test(runId);

export const journalFile = (dir: string): string => join(dir, "journal.ndjson");
export const labFile = (dir: string): string => join(dir, "lab.json");
export const stateFile = (dir: string): string => join(dir, "supervisor-state.json");
/** How many users `populate` gave the lab; there once its directory is filled. */
export const populationFile = (dir: string): string => join(dir, "population.json");
export const guardianFile = (dir: string): string => join(dir, "guardian.json");
export const tokenFile = (dir: string): string => join(dir, "token");
export const configFile = (dir: string, name: string): string => join(dir, "config", `${name}.yaml`);
/** The configuration of a Redis, in its own form. */
export const redisConfFile = (dir: string, name: string): string => join(dir, "config", `${name}.conf`);
export const logFile = (dir: string, name: string): string => join(dir, "log", `${name}.log`);
export const eventsDir = (dir: string): string => join(dir, "events");
export const eventsFile = (dir: string, name: string): string => join(eventsDir(dir), `${name}.ndjson`);
/** What the measurement kernel reads: every file here holds history records, one a line. */
export const historyDir = (dir: string): string => join(dir, "history");
export const loopsFile = (dir: string): string => join(historyDir(dir), "loops.ndjson");
/** Durable data of `owner`: a process, or a partition, whose role instances share it. */
export const dataDir = (dir: string, owner: string): string => join(dir, "data", owner);
export const maildirsDir = (dir: string): string => join(dir, "maildirs");
export const mapPrivateKeyFile = (dir: string): string => join(dir, "keys", "map.private.pem");
export const mapPublicKeyFile = (dir: string): string => join(dir, "keys", "map.public.pem");
/** A run's socket folder, in the system's temporary folder. `nonce`: eight hexadecimal digits of chance. */
export const socketDirOf = (temporary: string, nonce: string): string => join(temporary, `cordon-${nonce}`);
/** Whether a path could be one. */
export const isSocketDir = (path: string): boolean => /^cordon-[0-9a-f]{8}$/.test(basename(path));
/** The supervisor link's socket, inside the run's socket folder. */
export const linkSocket = (socketDir: string): string => join(socketDir, "link");
