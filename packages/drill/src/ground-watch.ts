/**
 * Whether what a drill stands on still stands: the fault proxies, control, the supervisor and the guardian. None of them
 * is what is drilled. When one of them ends, is stopped or answers no more, the fault may be gone or there for good, and
 * protections may have failed for want of hands: nothing that the side shows afterwards proves anything, so it ends there
 * and says which it was. That it was replaced meanwhile changes nothing: new fault proxies have no toxics.
 */
import type { Lab } from "@cordon/lab";
import { isAlive } from "@cordon/runtime";
import { SideLost } from "./side-lost.ts";

const lookEveryMs = 250;

/** Process -> what to call it, and what its loss means for the side. */
const ground: Readonly<Record<string, { readonly called: string; readonly so: string }>> = {
  fault: { called: "the fault process", so: "that the fault was on, and went, cannot be proven" },
  control: { called: "control", so: "what the side did without it is no answer to the fault" },
  supervisor: { called: "the supervisor", so: "nobody was there to fence and to fail over" },
  guardian: { called: "the guardian", so: "nobody would have cleared up after the runner" },
};

/** What is wrong, as it is told afterwards. */
const told: Readonly<Record<string, string>> = {
  "has ended": "ended",
  "is stopped": "was stopped",
  "does not answer": "stopped answering",
};

export interface GroundWatch extends Disposable {
  /** Looks now. For when something failed: what it stood on may have given way since the last look, and is the cause. */
  look(): void;
}

/** Watches from now on; `lose` is called once, with the first of them that gave way. Disposing of it ends the watch. */
export function watchGround(lab: Pick<Lab, "processes" | "ailing">, lose: (why: SideLost) => void): GroundWatch {
  const watched = lab.processes().filter(({ name }) => Object.hasOwn(ground, name));
  let hasLost = false;
  function look(): void {
    if (hasLost) return;
    const ended = watched.find((process) => !isAlive(process));
    const [found] = [...(ended === undefined ? [] : [{ name: ended.name, why: "has ended" }]), ...lab.ailing()];
    if (found === undefined) return;
    hasLost = true;
    clearInterval(timer);
    const { called, so } = ground[found.name] ?? { called: found.name, so: "" };
    lose(new SideLost(`${called} ${told[found.why] ?? found.why}`, so));
  }
  const timer = setInterval(look, lookEveryMs);
  return { look, [Symbol.dispose]: () => clearInterval(timer) };
}
