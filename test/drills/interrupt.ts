/**
 * Drills that are broken off: a small flagship run is struck at a moment that the seed chooses, while a lab starts, under
 * the fault, between two sides or while one is cleared away, and then nothing of it may be left. `both` kills runner and
 * guardian together, so that nobody is there to clear away, and lets `cordon doctor` do it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { coin } from "@cordon/model";
import { cordon, startCordon, type CordonEnd, type CordonRun } from "../support/cli.ts";
import { workingDirectory } from "../support/lab.ts";
import { journalledUnder, listeningInodes, listeningNow, processesUnder } from "../support/processes.ts";
import { setWords } from "../support/set-words.ts";
import { until } from "../support/until.ts";

export const blows = ["SIGINT", "SIGTERM", "SIGKILL", "both"] as const;
export type Blow = (typeof blows)[number];

export interface Interruption {
  readonly blow: Blow;
  /** Milliseconds after the command was started. */
  readonly atMs: number;
  /** What the run had said last. */
  readonly during: string;
  /** How the command ended, as a shell has it; NaN while something is left. */
  readonly code: number;
  /** From the blow until nothing was left; null: something stayed for good. */
  readonly clearedMs: number | null;
  /** What was left when the time for it was over. */
  readonly left: readonly string[];
}

/** On a host too busy to hold a steady state, a run ends by itself before it can be broken off. */
const attempts = 3;
/** All of it must be gone within this. */
const clearWithinMs = 5_000;
/** What is not gone then has this long to go, so that a slow host can be told from a process that is left behind. */
const lateWithinMs = 20_000;
/** Before the shortest run of the profile below can be over. */
const latestBlowMs = 18_000;
const profile = {
  partitions: 3,
  roleInstances: 2,
  users: 24,
  signInPerSecond: 6,
  mailPerSecond: 4,
  warmSeconds: 1,
  steadySeconds: 2,
  faultSeconds: 4,
  recoverySeconds: 2,
};

/** The code a shell sees of a command that was broken off so. */
export const codeAfter: Readonly<Record<Blow, number>> = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137, both: 137 };

/** Starts a run, breaks it off, and looks at what is left. A run that was over before its moment came is made again. */
export async function interrupt(blow: Blow, seed: string, ordinal: number): Promise<Interruption> {
  let ended = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    const made = await tryInterrupt(blow, `${seed}-${blow}-${ordinal}-${attempt}`);
    if ("blow" in made) return made;
    ended = `exit ${made.code}: ${made.stderr}`;
  }
  throw new Error(`a run that was to be broken off ended by itself ${attempts} times, the last time with ${ended}`);
}

async function tryInterrupt(blow: Blow, seed: string): Promise<Interruption | CordonEnd> {
  await using place = workingDirectory();
  const { root } = place;
  const sets = setWords(profile);
  await using run = startCordon(
    root,
    ["drill", "run", "2014-06-directory-partition", "--out", "out", "--seed", seed].concat(sets),
  );
  const atMs = Math.round(coin(seed) * latestBlowMs);
  await delay(atMs);
  if (run.child.exitCode !== null) return await run.ended;
  const inodes = processesUnder(root).flatMap(({ pid }) => listeningInodes(pid));
  const during = run.progress().trimEnd().split("\n").at(-1) ?? "";
  const began = performance.now();
  await strike(root, run, blow);
  const patienceMs = Math.max(0, clearWithinMs - (performance.now() - began));
  const look = (): readonly string[] => [
    ...leftOf(root, inodes),
    ...(run.child.exitCode === null && run.child.signalCode === null ? ["the runner"] : []),
  ];
  const left = await until("nothing is left", patienceMs, () => look().length === 0).then(() => [], look);
  // Late or never is told apart, for whoever reads the line; too late it is either way.
  const isGone = await until("nothing is left at last", lateWithinMs, () => look().length === 0).then(
    () => true,
    () => false,
  );
  const clearedMs = isGone ? Math.round(performance.now() - began) : null;
  const { code } = left.length === 0 ? await run.ended : { code: Number.NaN };
  return { blow, atMs, during, code, clearedMs, left };
}

async function strike(root: string, run: CordonRun, blow: Blow): Promise<void> {
  run.child.kill(blow === "both" ? "SIGKILL" : blow);
  if (blow !== "both") return;
  // The guardian sees its runner's end within a moment: it is killed before it can have done anything about it.
  for (const { pid, name } of processesUnder(root)) if (name === "guardian") process.kill(pid, "SIGKILL");
  await run.ended;
  const doctor = await cordon(root, "doctor");
  if (doctor.code !== 0) throw new Error(`cordon doctor ended with ${doctor.code}: ${doctor.stdout}${doctor.stderr}`);
}

/** What there still is of the runs under `root`, a line each. */
function leftOf(root: string, inodes: readonly string[]): readonly string[] {
  const { living, folders } = journalledUnder(root);
  const processes = new Map([...living, ...processesUnder(root)].map((process) => [process.pid, process]));
  const listening = listeningNow();
  return [
    ...[...processes.values()].map(({ pid, name, state }) => `process ${name} (${pid}) in state ${state}`),
    ...folders.map((folder) => `folder ${folder}`),
    ...inodes.filter((inode) => listening.has(inode)).map((inode) => `listening socket ${inode}`),
  ];
}

/** One line for a person. */
export const lineOf = ({ blow, atMs, during, code, clearedMs, left }: Interruption): string =>
  `${blow.padEnd(7)} at ${(atMs / 1_000).toFixed(1).padStart(4)} s: exit ${code}, ${clearedMs === null ? "never cleared" : `cleared in ${clearedMs} ms`}, ${left.length === 0 ? "nothing left" : `left after ${clearWithinMs} ms: ${left.join(", ")}`}   [${during}]`;
