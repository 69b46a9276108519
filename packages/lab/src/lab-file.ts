/**
 * `lab.json`: what a ready lab says of itself to whoever looks in from another process, as `cordon isolate p3` does. It
 * holds the path of the token and never the token. It is written once, when the lab is ready; a process that is started
 * again later keeps its addresses, and its new pid stands in the journal.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { readJournal } from "./journal.ts";
import { journalFile, labFile } from "./paths.ts";
import { runDirs } from "./run-dirs.ts";

const Identity = { pid: Type.Integer({ minimum: 1 }), startTicks: Type.Integer({ minimum: 0 }) };

export const LabUrlsSchema = Type.Object({
  control: Type.String(),
  auth: Type.String(),
  /** host:port of SMTP without and with authentication. */
  mx: Type.String(),
  submission: Type.String(),
  mailApi: Type.String(),
  /** Toxiproxy's API. */
  fault: Type.String(),
});
export type LabUrls = Static<typeof LabUrlsSchema>;

export const LabInstanceSchema = Type.Object({
  id: Type.String(),
  partition: Type.String(),
  ...Identity,
  /** Base URL through the fault proxy, as callers have it. The proxy's name is the instance's id. */
  service: Type.String(),
  /** Base URL past the fault proxy. */
  direct: Type.String(),
  health: Type.String(),
});
export type LabInstance = Static<typeof LabInstanceSchema>;

export const LabFileSchema = Type.Object({
  runId: Type.String(),
  dir: Type.String(),
  runner: Type.Object(Identity),
  urls: LabUrlsSchema,
  tokenFile: Type.String(),
  eventsDir: Type.String(),
  maildirsDir: Type.String(),
  partitions: Type.Array(Type.String(), { minItems: 1 }),
  /** Whether auth and mail judge role instances: not with ejection and isolation both off, and then nothing is ever red. */
  judges: Type.Boolean(),
  /** A game day: what fails is for a person to find, and no command tells it. */
  hidesFaults: Type.Boolean(),
  instances: Type.Array(LabInstanceSchema),
  processes: Type.Array(Type.Object({ name: Type.String(), ...Identity })),
});
export type LabFile = Static<typeof LabFileSchema>;

const check = Compile(LabFileSchema);

export const writeLabFile = (lab: LabFile): void =>
  writeFileSync(labFile(lab.dir), `${JSON.stringify(lab, null, 2)}\n`, { mode: 0o600 });

/** The living lab in `dir`: ready, its runner alive, not closed. */
export function readLivingLab(dir: string): LabFile | undefined {
  const journal = readJournal(journalFile(dir));
  if (journal === undefined || journal.closed || !journal.runnerLives) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(labFile(dir), "utf8"));
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The living labs under `root`, the newest first. */
export function livingLabs(root: string): readonly LabFile[] {
  const labs = runDirs(root).flatMap((dir) => readLivingLab(dir) ?? []);
  // Start ticks grow with time and are the same clock for every process; pids wrap.
  return labs.toSorted((one, other) => newest(other) - newest(one));
}

const newest = (lab: LabFile): number => Math.max(0, ...lab.processes.map(({ startTicks }) => startTicks));
