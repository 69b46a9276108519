/**
 * Strikes: SIGKILL and SIGSTOP of the services of a lab, one after the other, of a kind, at a target and after a pause
 * that the seed chooses. What is stopped is written into the run's journal first. A stopped role instance is left to the
 * supervisor's fence; of the stopped others, which have no siblings, every second one is let go on after a moment, and
 * the fence has the rest. Seeded as it is, a run is not repeated exactly: who lives at a moment is the machine's doing.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "@cordon/lab";
import { freeze, thaw } from "@cordon/fault";
import { coin } from "@cordon/model";
import { kill, stateOf, type ProcessIdentity } from "@cordon/runtime";
import { until } from "../support/until.ts";

export interface Strike extends ProcessIdentity {
  readonly fault: "kill" | "freeze";
  readonly name: string;
  /** When it was let go on, after so many milliseconds; null: never. */
  readonly thawAfterMs: number | null;
}

export interface StrikeOptions {
  readonly lab: Lab;
  readonly count: number;
  readonly seed: string;
  /** Pauses between strikes are spread evenly between these. */
  readonly pauseMs: { readonly from: number; readonly to: number };
}

/** Whom a strike is for, with the share of strikes. */
const groups: readonly { readonly share: number; readonly is: (name: string) => boolean }[] = [
  { share: 0.2, is: (name) => name === "mail" },
  { share: 0.15, is: (name) => name === "auth" },
  { share: 0.15, is: (name) => name === "control" },
  { share: 0.5, is: isRoleInstance },
];
const freezeShare = 0.4;
const longestFreezeMs = 600;
/** Longer than any fence takes: it is there for a campaign that goes wrong. */
const leaseMs = 60_000;
/** Somebody of each group is back within this: the longest pause before a restart, a fence, and a start. */
const targetWithinMs = 30_000;

function isRoleInstance(name: string): boolean {
  return /^p\d+[a-z]+$/.test(name);
}

/** Strikes `count` times and answers what it did, once whoever was to go on goes on. */
export async function strike(options: StrikeOptions): Promise<readonly Strike[]> {
  const { lab, count, seed, pauseMs } = options;
  const strikes: Strike[] = [];
  const thaws: Promise<void>[] = [];
  for (let number = 0; number < count; number++) {
    const chance = (what: string): number => coin(seed, "strike", number, what);
    await delay(pauseMs.from + (pauseMs.to - pauseMs.from) * chance("pause"));
    const group = groupAt(chance("group"));
    const made = await until("somebody lives to be struck", targetWithinMs, () => {
      lab.lost.throwIfAborted();
      const running = lab.processes().filter((one) => group.is(one.name) && stateOf(one) === "running");
      const target = running[Math.floor(chance("target") * running.length)];
      return target === undefined ? undefined : strikeAt(lab, target, chance);
    });
    strikes.push(made);
    if (made.thawAfterMs !== null) thaws.push(letGo(made, made.thawAfterMs));
  }
  await Promise.all(thaws);
  return strikes;
}

function groupAt(chance: number): (typeof groups)[number] {
  let rest = chance;
  const found = groups.find(({ share }) => (rest -= share) < 0) ?? groups.at(-1);
  if (found === undefined) throw new Error("there is somebody to strike");
  return found;
}

/** Undefined when the target has ended by itself meanwhile. */
function strikeAt(
  lab: Lab,
  target: ProcessIdentity & { readonly name: string },
  chance: (what: string) => number,
): Strike | undefined {
  const { name, pid, startTicks } = target;
  const fault = chance("fault") < freezeShare ? "freeze" : "kill";
  const isLetGo = fault === "freeze" && !isRoleInstance(name) && chance("thaw") < 0.5;
  if (fault === "freeze") lab.journal.frozen(target);
  const answer = fault === "freeze" ? freeze(target, leaseMs) : kill(target);
  if (answer.kind !== "sent") return undefined;
  return { fault, name, pid, startTicks, thawAfterMs: isLetGo ? longestFreezeMs * chance("freeze") : null };
}

async function letGo(struck: ProcessIdentity, afterMs: number): Promise<void> {
  await delay(afterMs);
  thaw(struck);
}
