/**
 * Whether what a drill stands on still stands: the fault proxies, control and the supervisor. None of them is what is
 * drilled. When one of them dies or is stopped, the fault may be gone or there for good, and protections may have failed
 * for want of hands: nothing that the side shows afterwards proves anything, so it ends there, and says which it was. They
 * are looked at from outside, as processes; one that hangs without being stopped is met where the drill asks it something.
 */
import type { Lab } from "@cordon/lab";
import { hasProc, isAlive, stateOf, type ProcessIdentity } from "@cordon/runtime";
import { SideLost } from "./side-lost.ts";

const lookEveryMs = 250;
/** Looks in a row that make a process stopped, so that a debugger's blink does not. */
const looksUntilStopped = 2;

/** Process -> what to call it, and what its loss means for the side. */
const ground: Readonly<Record<string, { readonly called: string; readonly so: string }>> = {
  fault: { called: "the fault proxies", so: "that the fault was on, and went, cannot be proven" },
  control: { called: "control", so: "what the side did without it is no answer to the fault" },
  supervisor: { called: "the supervisor", so: "nobody was there to fence and to fail over" },
};

/** Watches from now on; `lose` is called once, with the first of them that gave way. Disposing of it ends the watch. */
export function watchGround(lab: Pick<Lab, "processes">, lose: (why: SideLost) => void): Disposable {
  const watched = lab.processes().filter(({ name }) => Object.hasOwn(ground, name));
  const stoppedLooks = new Map<string, number>();
  const timer = setInterval(() => {
    for (const process of watched) {
      const state = standing(process);
      const looks = state === "frozen" ? (stoppedLooks.get(process.name) ?? 0) + 1 : 0;
      stoppedLooks.set(process.name, looks);
      if (state === "running" || (state === "frozen" && looks < looksUntilStopped)) continue;
      const { called, so } = ground[process.name] ?? { called: process.name, so: "" };
      const have = called.endsWith("proxies") ? ["were", "have"] : ["was", "has"];
      clearInterval(timer);
      lose(new SideLost(`${called} ${state === "frozen" ? `${have[0]} stopped` : `${have[1]} ended`}`, so));
      return;
    }
  }, lookEveryMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Where processes cannot be looked into, one that is there counts as running. */
const standing = (identity: ProcessIdentity): ReturnType<typeof stateOf> => {
  if (hasProc()) return stateOf(identity);
  return isAlive(identity) ? "running" : "gone";
};
