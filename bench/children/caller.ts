/**
 * One way to ask a partition, in a process of its own: what it costs is then the CPU time of the process, on a heap and
 * with compiled code that no other way has marked. Calls go out from so many loops at once, each asking again when it is
 * answered; failed ones are counted and not asked again.
 */
import { createCaller, type Caller, type CallerName } from "./callers.ts";
import { argsOf, serve } from "./serve.ts";

export interface CallerArgs {
  readonly name: CallerName;
  readonly services: readonly string[];
}
export type CallerOrder =
  | { readonly do: "calls"; readonly calls: number; readonly inFlight: number }
  /** Nobody asks for so long. */
  | { readonly do: "idle"; readonly ms: number }
  /** Starts over, with nothing seen yet. */
  | { readonly do: "renew" };
export interface CallerSeen {
  /** CPU microseconds of the process. */
  readonly cpuUs: number;
  readonly elapsedMs: number;
  readonly failed: number;
}

const { name, services } = argsOf<CallerArgs>();
let caller: Caller = createCaller(name, services, () => {});

async function calls(count: number, inFlight: number): Promise<number> {
  let left = count;
  let failed = 0;
  const askOn = async (): Promise<void> => {
    while (left-- > 0)
      try {
        await caller.ask();
      } catch {
        failed++;
      }
  };
  await Promise.all(Array.from({ length: inFlight }, askOn));
  return failed;
}

async function renew(): Promise<number> {
  await caller[Symbol.asyncDispose]();
  caller = createCaller(name, services, () => {});
  return 0;
}

function act(order: CallerOrder): Promise<number> {
  switch (order.do) {
    case "calls":
      return calls(order.calls, order.inFlight);
    case "idle":
      return new Promise((resolve) => {
        setTimeout(() => resolve(0), order.ms);
      });
    case "renew":
      return renew();
  }
}

serve<CallerOrder>("ready", async (order): Promise<CallerSeen> => {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const failed = await act(order);
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: user + system, elapsedMs: performance.now() - startedAt, failed };
});
