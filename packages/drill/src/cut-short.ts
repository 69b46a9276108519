/**
 * What is told of a run that was cut short: who cut it, what an operator had ordered by then, and of a game day no more than
 * its operator may know. Invariant: what was drawn stays hidden where nothing was injected, since the same seed draws it
 * again.
 */
import { ordersIn, type Abort } from "@cordon/measure";
import type { Event } from "@cordon/model";
import type { DrillOptions } from "./drill-options.ts";
import { drawnVariant } from "./hands-on.ts";

/** The reason of a run that `cordon drill halt` ended, as it begins. */
export const haltedWords = "halted by cordon drill halt";

/** The abort with the whole reason. `heard`: the events of the side that was cut, up to then. */
export function abortOf(cause: Abort, heard: readonly Event[], isHalted: boolean): Abort {
  const injectedAt = heard.find(({ kind }) => kind === "fault-injected")?.at ?? null;
  const reason = [isHalted ? haltedWords : cause.reason, ...ordersIn(heard, injectedAt)].join("; ");
  return { reason, exitCode: cause.exitCode };
}

/** The options as a result may tell them. `isInjected`: somebody has felt the fault by now. */
export function toldOptions(options: DrillOptions, isInjected: boolean): DrillOptions {
  if (!options.handsOn || !options.variantDrawn || isInjected) return options;
  return { ...options, variant: { ...options.variant, id: drawnVariant } };
}
