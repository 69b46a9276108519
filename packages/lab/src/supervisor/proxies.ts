/**
 * The fault proxy in front of each role instance. Callers only ever learn a proxy's address, so it must not change while
 * the role instance lives, nor when the fault process is started again: the port a proxy first got is remembered, and
 * every proxy is ordered anew from a fault process that knows of none. An instance whose own port has moved keeps its
 * proxy's address. When the instance is no more its proxy stands for a while, since a drill counts on it and what is on it
 * can still be named; but only the newest so many do, for there is a bound on proxies, and past it no failover could end.
 */
import { createFaultClient, type FaultClient, type NewProxy } from "@cordon/fault";
import type { InstanceId } from "@cordon/model";
import type { Log } from "@cordon/runtime";
import type { SupervisionBounds } from "../plan.ts";
import type { Processes } from "./processes.ts";
import { instancesIn, type Memory } from "./state.ts";

export interface Proxies {
  /** Orders what is missing, and takes away what has stood for long enough. False: it is to be tried again. */
  order(): Promise<boolean>;
  /** Base URL of the proxy in front of `instance`; undefined while there is none. */
  urlOf(instance: InstanceId): string | undefined;
}

export function createProxies(parts: {
  readonly processes: Processes;
  readonly memory: Memory;
  readonly bounds: Pick<SupervisionBounds, "callTimeoutMs" | "retiredProxies">;
  readonly log: Log;
}): Proxies {
  const { processes, memory, bounds } = parts;
  /** What this fault process was told: role instance -> upstream. */
  let told = new Map<InstanceId, string>();
  let toldPid: number | undefined;

  const wanted = (): readonly NewProxy[] => {
    const there = instancesIn(memory.get());
    return processes.all().flatMap(({ spec }) => {
      const service = there.has(spec.name) ? processes.ports(spec.name)?.["service"] : undefined;
      if (service === undefined) return [];
      const listen = memory.get().proxies[spec.name] ?? "127.0.0.1:0";
      return [{ name: spec.name, listen, upstream: new URL(service).host }];
    });
  };

  /** False: the fault proxies did not take one away. */
  const takeOldAway = async (client: FaultClient): Promise<boolean> => {
    retireProxies(memory);
    const standing = memory.get().retired;
    for (const oldest of standing.slice(0, Math.max(0, standing.length - bounds.retiredProxies))) {
      const reply = await client.remove(oldest);
      // Not found: a fault process that was started again has not been told of it.
      if (reply.kind !== "ok" && !(reply.kind === "refused" && reply.status === 404)) {
        parts.log.warn({ detail: reply.detail }, "an old fault proxy could not be taken away");
        return false;
      }
      told.delete(oldest);
      const { proxies, retired } = memory.get();
      const { [oldest]: _, ...others } = proxies;
      memory.set({ proxies: others, retired: retired.filter((id) => id !== oldest) });
    }
    return true;
  };

  return {
    async order() {
      const fault = processes.get("fault");
      const api = processes.ports("fault")?.["api"];
      if (fault?.life.state !== "serving" || api === undefined) return false;
      if (toldPid !== fault.life.process.pid) told = new Map();
      toldPid = fault.life.process.pid;
      const client = createFaultClient(api, bounds.callTimeoutMs);
      const missing = wanted().filter(({ name, upstream }) => told.get(name) !== upstream);
      if (missing.length === 0) return takeOldAway(client);
      const reply = await client.populate(missing);
      if (reply.kind !== "ok") {
        parts.log.warn({ detail: reply.detail }, "the fault proxies could not be ordered");
        return false;
      }
      memory.set({
        proxies: {
          ...memory.get().proxies,
          ...Object.fromEntries(reply.value.map(({ name, listen }) => [name, listen])),
        },
      });
      for (const { name, upstream } of missing) told.set(name, upstream);
      return takeOldAway(client);
    },
    urlOf(instance) {
      const listen = memory.get().proxies[instance];
      return listen === undefined ? undefined : `http://${listen}`;
    },
  };
}

/** Remembers, in the order in which they went, whose role instance is no more. */
function retireProxies(memory: Memory): void {
  const { proxies, retired } = memory.get();
  const there = instancesIn(memory.get());
  const gone = Object.keys(proxies).filter((id) => !there.has(id) && !retired.includes(id));
  if (gone.length > 0) memory.set({ retired: [...retired, ...gone] });
}
