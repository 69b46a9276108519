/**
 * Waiting for a lab to be ready, and saying what was missing when it does not become so: the person who started it wants
 * the name of the process and what it said last, what else the machine was busy with, and what to do; not a stack of ours.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { othersShareOf, readCores, systemClock } from "@cordon/runtime";
import { newestOf, readJournal } from "./journal.ts";
import type { Keepers } from "./keepers.ts";
import { journalFile, logFile, stateFile } from "./paths.ts";
import { partitionIds, type LabPlan } from "./plan.ts";
import { LabStartError } from "./start-error.ts";
import { readState, type SupervisorState } from "./state-file.ts";

const betweenLooksMs = 25;
const tailLines = 15;
const tailColumns = 300;
/** Others that take more of the cores than this make a start late. */
const crowdedShare = 0.25;

/** The supervisor's state once the lab is ready. Throws LabStartError, the reason of `signal`, or what the keepers lost. */
export async function untilReady(
  plan: LabPlan,
  keepers: Keepers,
  withinMs: number,
  signal: AbortSignal,
): Promise<SupervisorState> {
  const until = performance.now() + withinMs;
  const cores = readCores([{ pid: process.pid }], systemClock.now());
  for (;;) {
    signal.throwIfAborted();
    keepers.lost.throwIfAborted();
    const state = readState(stateFile(plan.dir));
    if (state?.phase === "ready") return state;
    if (state?.phase === "failed") {
      const name = state.failure ?? "a process";
      throw new LabStartError(
        `the lab cannot start: ${name} ends as often as it is started.\n${tailOf(plan.dir, name)}`,
      );
    }
    if (performance.now() > until) {
      const missing = missingOf(plan, state);
      const own = [{ pid: process.pid }, ...newestOf(readJournal(journalFile(plan.dir))?.spawned ?? [])];
      const why = whyLate(othersShareOf(cores, readCores(own, systemClock.now())));
      throw new LabStartError(
        `the lab was not ready within ${withinMs / 1000} s: ${missing.join(", ")} did not serve.\n${why}\n${tailOf(plan.dir, missing[0] ?? "supervisor")}`,
      );
    }
    await delay(betweenLooksMs);
  }
}

/** What others took of the cores while the lab started, if that is known, and what to do about it. */
export function whyLate(othersShare: number | undefined): string {
  const more = "allow more time, as in --ready-within 2m";
  if (othersShare === undefined) return `Try again on a machine that does nothing else, or ${more}.`;
  const taken = `Other processes took ${(othersShare * 100).toFixed(0)} % of all cores meanwhile`;
  return othersShare > crowdedShare
    ? `${taken}: let them end and try again, or ${more}.`
    : `${taken}, which is not why: see what is said below, or ${more}.`;
}

/** The processes that never said where they serve. When all did, what is missing is the supervisor's to explain. */
function missingOf(plan: LabPlan, state: SupervisorState | undefined): readonly string[] {
  const instances = partitionIds(plan).flatMap((id) => state?.partitions[id]?.instances ?? []);
  const missing = ["control", "fault", ...instances, "auth", "mail"].filter((name) => state?.ports[name] === undefined);
  return state === undefined || missing.length === 0 ? ["supervisor"] : missing;
}

/** The last lines of a process's log, for a person. */
function tailOf(dir: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(logFile(dir, name), "utf8");
  } catch {
    text = "";
  }
  const lines = text.trimEnd().split("\n").slice(-tailLines).map(plainOf);
  const tail = lines.map((line) => `  ${line.slice(0, tailColumns)}`).join("\n");
  return text === "" ? `${name} wrote no log.` : `The last lines of ${logFile(dir, name)}:\n${tail}`;
}

/** A log line without what is for machines. */
function plainOf(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter(Boolean).join(": ") || line;
  } catch {
    return line;
  }
}
