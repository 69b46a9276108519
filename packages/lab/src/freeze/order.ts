/**
 * Freezing a process of a lab by hand, from a command that ends at once: a holder (hold.ts) is started beside the lab's
 * processes, freezes, and lets go when the lease ends or when it is told to. The holders that live are the freezes there
 * are, so nothing else has to be remembered. Needs /proc, where one process is told from another.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Compile } from "typebox/compile";
import { thaw } from "@cordon/fault";
import type { WallTime } from "@cordon/model";
import { hasProc, isAlive, sendSignal, stateOf } from "@cordon/runtime";
import { membersOf } from "../instances.ts";
import { openJournal, type NamedProcess } from "../journal.ts";
import type { LabFile } from "../lab-file.ts";
import { configFile, eventsFile, journalFile, logFile } from "../paths.ts";
import { spawnProcess } from "../spawn.ts";
import { within } from "../within.ts";
import { FreezeConfigSchema, type FreezeConfig } from "./config.ts";

export type FreezeAnswer =
  | { readonly kind: "frozen" }
  /** For a person: why not, and what to do. */
  | { readonly kind: "refused"; readonly detail: string };

/** A process that is frozen by order. */
export interface Freeze {
  readonly target: NamedProcess;
  /** Wall time at which the lease ends. */
  readonly until: WallTime;
}

type LabOf = Pick<LabFile, "dir" | "runId" | "partitions">;

const program = fileURLToPath(new URL("./main.ts", import.meta.url));
const check = Compile(FreezeConfigSchema);
const holderOf = (target: string): string => `freeze-${target}`;
/** A holder that has not frozen by then, or does not end by then, hangs. */
const holderWithinMs = 5_000;

/** Freezes `target`, a process of `lab`, for at most `leaseMs` from `now` on. It is stopped, or fenced for it, when it is `frozen`. */
export async function orderFreeze(
  lab: LabOf,
  target: NamedProcess,
  leaseMs: number,
  now: WallTime,
): Promise<FreezeAnswer> {
  if (!hasProc()) return { kind: "refused", detail: "a process can only be frozen where there is /proc (Linux)" };
  if (freezesOf(lab).some((one) => one.target.name === target.name))
    return { kind: "refused", detail: `${target.name} is frozen already; cordon fault rm ${target.name} freeze` };
  const name = holderOf(target.name);
  const config: FreezeConfig = {
    name,
    eventsFile: eventsFile(lab.dir, name),
    supervisorSocket: null,
    logLevel: "info",
    dir: lab.dir,
    target: { name: target.name, pid: target.pid, startTicks: target.startTicks },
    leaseMs,
    until: now + leaseMs,
  };
  const file = configFile(lab.dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(config)}\n`, { mode: 0o600 });
  const { runId, dir } = lab;
  const args = ["--config", file];
  const holder = spawnProcess(
    { name, runId, dir, program, args, detached: true, stdin: "ignore", fileThreads: 4 },
    openJournal(journalFile(dir)),
  );
  if (holder === undefined) return { kind: "refused", detail: "the system refused to start a process" };
  holder.child.unref();
  await within(holderWithinMs, () => stateOf(target) !== "running" || !isAlive(holder.process));
  if (stateOf(target) !== "running") return { kind: "frozen" };
  sendSignal("SIGTERM", holder.process);
  return { kind: "refused", detail: `${target.name} could not be frozen; ${logFile(dir, name)} says why` };
}

/** The freezes of a lab that are held now. */
export const freezesOf = (lab: LabOf): readonly Freeze[] =>
  membersOf(lab).processes.flatMap(({ name }) => {
    if (!name.startsWith(holderOf(""))) return [];
    const config = configOf(configFile(lab.dir, name));
    return config === undefined ? [] : [{ target: config.target, until: config.until }];
  });

/** Lets `target` go on and ends its holder. False: nobody froze it by order. */
export async function orderThaw(lab: LabOf, target: string): Promise<boolean> {
  const holder = membersOf(lab).processes.find(({ name }) => name === holderOf(target));
  const frozen = freezesOf(lab).find((one) => one.target.name === target);
  if (holder === undefined || frozen === undefined) return false;
  sendSignal("SIGTERM", holder);
  await within(holderWithinMs, () => !isAlive(holder));
  // Should the holder itself hang, its target does not wait for it.
  thaw(frozen.target);
  return true;
}

function configOf(file: string): FreezeConfig | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
