/**
 * The fault proxy in front of each role instance. Callers only ever learn a proxy's address, so it must not change while
 * the role instance lives, nor when the fault process is started again: the port a proxy first got is remembered, and
 * every proxy is ordered anew from a fault process that knows of none. An instance whose own port has moved keeps its
 * proxy's address.
 */
import { createFaultClient, type NewProxy } from "@cordon/fault";
import type { InstanceId } from "@cordon/model";
import type { Log } from "@cordon/runtime";
import type { Processes } from "./processes.ts";
import type { Memory } from "./state.ts";

export interface Proxies {
  /** Orders what is missing. False: something still is, and it is to be tried again. */
  order(): Promise<boolean>;
  /** Base URL of the proxy in front of `instance`; undefined while there is none. */
  urlOf(instance: InstanceId): string | undefined;
}

export function createProxies(parts: {
  readonly processes: Processes;
  readonly memory: Memory;
  readonly callTimeoutMs: number;
  readonly log: Log;
}): Proxies {
  const { processes, memory } = parts;
  /** What this fault process was told: role instance -> upstream. */
  let told = new Map<InstanceId, string>();
  let toldPid: number | undefined;

  const wanted = (): readonly NewProxy[] =>
    processes.all().flatMap(({ spec }) => {
      const service = spec.role === "directory" ? processes.ports(spec.name)?.["service"] : undefined;
      if (service === undefined) return [];
      const listen = memory.get().proxies[spec.name] ?? "127.0.0.1:0";
      return [{ name: spec.name, listen, upstream: new URL(service).host }];
    });

  return {
    async order() {
      const fault = processes.get("fault");
      const api = processes.ports("fault")?.["api"];
      if (fault?.life.state !== "serving" || api === undefined) return false;
      if (toldPid !== fault.life.process.pid) told = new Map();
      toldPid = fault.life.process.pid;
      const missing = wanted().filter(({ name, upstream }) => told.get(name) !== upstream);
      if (missing.length === 0) return true;
      const reply = await createFaultClient(api, parts.callTimeoutMs).populate(missing);
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
      return true;
    },
    urlOf(instance) {
      const listen = memory.get().proxies[instance];
      return listen === undefined ? undefined : `http://${listen}`;
    },
  };
}
