/**
 * A process is frozen for as long as this one lives, and no longer than its lease: a command that orders a freeze ends at
 * once, and somebody has to be there to thaw. Ended by TERM it thaws at once. Killed together with everything, it leaves
 * a stopped process that the journal names, and whoever sweeps the run ends that one too.
 * Invariant: the journal knows of the freeze before the signal is sent.
 */
import { freeze, thaw } from "@cordon/fault";
import { stateOf, type ProcessContext, type RunningProcess } from "@cordon/runtime";
import { openJournal } from "../journal.ts";
import { journalFile } from "../paths.ts";
import type { FreezeConfig } from "./config.ts";

const lookEveryMs = 250;

/** Throws when the process cannot be stopped; nothing was done then. */
export async function holdFreeze({ config, clock, events }: ProcessContext<FreezeConfig>): Promise<RunningProcess> {
  const { dir, target, leaseMs, until } = config;
  openJournal(journalFile(dir)).frozen(target);
  const answer = freeze(target, leaseMs);
  if (answer.kind !== "sent") throw new Error(`${target.name} could not be frozen: ${answer.kind}`);
  events.emit("fault-injected", `${target.name} (pid ${target.pid}) is frozen`);
  const end = (): void => {
    clearInterval(look);
    thaw(target);
  };
  // Nothing else keeps this process alive: it ends with the look.
  const look = setInterval(() => {
    // Fenced meanwhile: there is nobody left to thaw.
    if (stateOf(target) === "gone") return end();
    if (clock.wall() < until) return;
    end();
    events.emit("lease-expired", `the freeze of ${target.name} has ended by itself`);
  }, lookEveryMs);
  return {
    ports: {},
    close: () => {
      end();
      return Promise.resolve();
    },
  };
}
