/**
 * Spares: processes of a role instance's program that have loaded everything and stand waiting for a configuration, so
 * that a partition can be taken over in the very minutes in which the host has no core to give. Loading the program is
 * nearly all of a start's work (0.3 s of a core, against some milliseconds to open the store and listen), and a failover
 * that has to do it on a busy host is late by as much.
 * As many are kept as one failover takes, on a side that fails over. They are made while the lab starts, when nobody waits
 * for an answer yet; after some were taken not before the next failover by evidence may come, since until then the host
 * needs its cores for others. A spare ends by itself when its supervisor does: nobody adopts it, the next supervisor
 * makes its own.
 */
import { symlinkSync } from "node:fs";
import { basename } from "node:path";
import type { Clock, Instant } from "@cordon/model";
import { isAlive, kill, stateOf, type Log } from "@cordon/runtime";
import type { Journal } from "../journal.ts";
import { configFile, logFile } from "../paths.ts";
import type { LabPlan, Role } from "../plan.ts";
import { spawnProcess, type Spawned } from "../spawn.ts";

export interface Spares {
  /** A spare that is this process from now on, told where its configuration is; undefined when none is fit to be. */
  take(process: { readonly name: string; readonly role: Role }): Spawned | undefined;
  /** Makes what is missing, when the time for it has come. */
  look(): void;
  /** Ends those that wait. */
  close(): void;
}

export interface SpareParts {
  readonly plan: LabPlan;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

export function createSpares({ plan, journal, clock, log }: SpareParts): Spares {
  const { failover } = plan.settings;
  const wanted = failover === "off" ? 0 : plan.roleInstances;
  const waiting: Spawned[] = [];
  let made = 0;
  let nextAt: Instant = Number.NEGATIVE_INFINITY;

  /** False: the system refused. */
  const make = (): boolean => {
    made += 1;
    const spare = spawnProcess(
      {
        name: `spare-${made}`,
        runId: plan.runId,
        dir: plan.dir,
        program: plan.programs.directory,
        args: ["--standby"],
        detached: false,
        stdin: "pipe",
        fileThreads: 4,
      },
      journal,
    );
    if (spare === undefined) return false;
    // One that has died says so where it is looked at.
    spare.child.stdin?.on("error", () => {});
    waiting.push(spare);
    return true;
  };

  return {
    take({ name, role }) {
      if (role !== "directory" || failover === "off") return undefined;
      for (let spare = waiting.shift(); spare !== undefined; spare = waiting.shift()) {
        if (!isFit(spare)) continue;
        nextAt = clock.now() + failover.onePerMs;
        const process = { ...spare.process, name };
        journal.intend(name);
        journal.spawned(process);
        showLog(plan.dir, name, spare.process.name, log);
        spare.child.stdin?.end(`${configFile(plan.dir, name)}\n`);
        return { child: spare.child, process };
      }
      return undefined;
    },
    look() {
      const unfit = waiting.findIndex((spare) => !isFit(spare));
      if (unfit >= 0) {
        waiting.splice(unfit, 1);
        nextAt = Math.max(nextAt, clock.now() + plan.bounds.respawnCapMs);
      }
      if (clock.now() < nextAt) return;
      while (waiting.length < wanted)
        if (!make()) {
          // What a host refuses now it refuses a tenth of a second later too.
          nextAt = clock.now() + plan.bounds.respawnCapMs;
          return;
        }
    },
    close() {
      for (const { child } of waiting.splice(0)) child.stdin?.end();
    },
  };
}

/** Whether it lives and runs. One that is stopped would take a partition over and not serve it: it is killed. */
function isFit({ process }: Spawned): boolean {
  if (stateOf(process) === "frozen") kill(process);
  else if (isAlive(process)) return true;
  return false;
}

/** Whoever looks for the log of a process by its name finds it, though the process had another name when it was opened. */
function showLog(dir: string, name: string, spare: string, log: Log): void {
  try {
    symlinkSync(basename(logFile(dir, spare)), logFile(dir, name));
  } catch {
    // It had a life before this one, whose log is there.
    log.info({ process: name, log: logFile(dir, spare) }, "goes on in another log");
  }
}
