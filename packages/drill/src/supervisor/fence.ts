/**
 * The fence: kills a process that is stopped, or silent while its siblings beat, so that it is replaced instead of waited
 * for. policy/fence.ts decides; this looks at the kernel's word and the last beats, and strikes exactly the process that
 * was looked at. The fault proxies are no part of what is fenced: a drill's faults live in them.
 */
import type { Clock, FenceSettings, Instant } from "@cordon/model";
import { fenceGroup, whomToFence, type WatchedProcess } from "@cordon/policy";
import { readStat, type Events } from "@cordon/runtime";
import type { Kept, Processes } from "./processes.ts";

/** One look; call it every `checkEveryMs`. */
export function createFence(
  settings: FenceSettings,
  { processes, events, clock }: { readonly processes: Processes; readonly events: Events; readonly clock: Clock },
): () => void {
  const lastFencedAt = new Map<string, Instant>();
  return () => {
    const now = clock.now();
    const watched = processes.all().flatMap((kept) => watchedOf(kept, now) ?? []);
    for (const { name, because } of whomToFence(watched, settings, lastFencedAt, now)) {
      const kept = processes.get(name);
      if (kept === undefined || kept.life.state === "absent") continue;
      const { partition, instance } = kept.spec;
      lastFencedAt.set(fenceGroup({ name, partition }), now);
      const { pid } = kept.life.process;
      processes.kill(name);
      events.emit("fenced", `${name} (pid ${pid}) was ${because} and is killed`, {
        ...(partition !== undefined && { partition }),
        ...(instance !== undefined && { instance }),
      });
    }
  };
}

function watchedOf({ spec, life, heardAt }: Kept, now: Instant): WatchedProcess | undefined {
  if (life.state === "absent" || spec.role === "fault") return undefined;
  const stat = readStat(life.process.pid);
  return {
    name: spec.name,
    partition: spec.partition,
    // `t` is a process a debugger holds; it answers nobody either, but somebody means it to.
    stopped: stat?.state === "T" && stat.startTicks === life.process.startTicks,
    lastBeatAt: heardAt ?? now,
  };
}
