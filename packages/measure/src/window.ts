/**
 * The stretches of time a side is judged in, from its phases and from the fault itself. Time zero is the injection.
 * An attempt belongs to the window its scheduled time falls in, for a schedule cannot be bent by what happens later.
 * Where a record is missing the windows shrink to nothing or reach to the history's end: the figures of such a side can
 * still be looked at, and `complete` keeps them from being believed.
 */
import type { Instant, Phase } from "@cordon/model";
import type { FaultSteps } from "./fault.ts";
import { phaseOrder, type Records } from "./records.ts";

/** From `from`, up to and without `to`; both on CLOCK_MONOTONIC. */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

export interface Windows {
  /** Instant 0 of the fault clock. */
  readonly zero: Instant;
  /** From the steady phase to the injection. */
  readonly steady: Window;
  /** From the injection to the removal of the fault. */
  readonly fault: Window;
  /** From the injection to the end of recovery: what harm limits are held to. */
  readonly judged: Window;
  /** Each phase was recorded once, in order, and the fault was in before recovery began. */
  readonly complete: boolean;
}

export const within = (window: Window, at: Instant): boolean => at >= window.from && at < window.to;

/** The windows of one side. */
export function windowsOf(records: Records, fault: FaultSteps): Windows {
  const begin = (phase: Phase): Instant | undefined => records.phases.find((record) => record.phase === phase)?.at;
  const end = begin("end") ?? records.lastAt;
  const zero = fault.injectedAt ?? begin("fault") ?? end;
  const steadyFrom = begin("steady") ?? zero;
  const removedAt = fault.removedAt ?? end;
  return {
    zero,
    steady: { from: Math.min(steadyFrom, zero), to: zero },
    fault: { from: zero, to: Math.max(zero, Math.min(removedAt, end)) },
    judged: { from: zero, to: Math.max(zero, end) },
    complete:
      records.phases.map((record) => record.phase).join() === phaseOrder.join() && (begin("recovery") ?? 0) >= zero,
  };
}
