/**
 * A caller of a dependency that goes silent, at a rate that does not fall when nothing is answered: calls are sent when
 * they are due, and those that fell due while the loop stood still are sent when it goes on. It tells when its guard cut
 * the dependency off, and how long its event loop stood still meanwhile.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createCaller, type CallerName } from "./callers.ts";
import { argsOf, serve } from "./serve.ts";

export interface CollapseArgs {
  readonly name: CallerName;
  readonly services: readonly string[];
  readonly perSecond: number;
}
export type CollapseOrder =
  /** Begins to call, and goes on. */
  | { readonly do: "begin" }
  /** The dependency is silent from now on: watches until the guard opens and `afterMs` on, at most `withinMs`. */
  | { readonly do: "watch"; readonly withinMs: number; readonly afterMs: number };
export interface CollapseSeen {
  /** From the order to watch; null: it did not open in time. */
  readonly openedMs: number | null;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Calls sent and neither answered nor refused at the end. */
  readonly pending: number;
}

const { name, services, perSecond } = argsOf<CollapseArgs>();
/** Calls are sent in lots this often. */
const lotEveryMs = 5;
/** More calls pending than this are not begun: the process would be killed for its memory, and not for its time. */
const mostPending = 200_000;
const lookEveryMs = 10;

let openedAt: number | undefined;
const caller = createCaller(name, services, () => (openedAt ??= performance.now()));
let pending = 0;
let sent = 0;

function begin(): string {
  const startedAt = performance.now();
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
    for (; sent < due; sent++) if (pending < mostPending) void call();
  }, lotEveryMs);
  return "begun";
}

async function call(): Promise<void> {
  pending++;
  try {
    await caller.ask();
  } catch {
    // refused, failed or out of time: it has ended, which is all that is asked here
  }
  pending--;
}

function watch(withinMs: number, afterMs: number): Promise<CollapseSeen> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  const silentAt = performance.now();
  openedAt = undefined;
  delays.enable();
  return new Promise((resolve) => {
    const look = setInterval(() => {
      const now = performance.now();
      if (now - silentAt < withinMs && (openedAt === undefined || now - openedAt < afterMs)) return;
      clearInterval(look);
      delays.disable();
      resolve({
        openedMs: openedAt === undefined ? null : openedAt - silentAt,
        loopP99Ms: delays.percentile(99) / 1e6,
        loopMaxMs: delays.max / 1e6,
        pending,
      });
    }, lookEveryMs);
  });
}

serve<CollapseOrder>("ready", (order) => (order.do === "begin" ? begin() : watch(order.withinMs, order.afterMs)));
