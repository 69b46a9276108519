/**
 * The fence: kills a process that is stopped, hangs before it has said hello, or falls silent while others beat, so that
 * it is replaced instead of waited for. policy/fence.ts decides; this looks at the kernel's word and the last beats, and
 * strikes exactly the process that was looked at. The fault proxies are fenced like everybody: all traffic goes through
 * them. The toxics go with them, which a drill must notice; one that is frozen would spoil it as well, and hang it.
 */
import type { Clock, FenceSettings, Instant } from "@cordon/model";
import { fenceGroup, isLateLook, whomToFence, type FenceOrder, type WatchedProcess } from "@cordon/policy";
import { readStat, type Events } from "@cordon/runtime";
import type { Kept, Processes } from "./processes.ts";

const reasons: Readonly<Record<FenceOrder["because"], string>> = {
  stopped: "was stopped",
  mute: "has not said hello since its start",
  silent: "was silent",
};

/** One look; call it every `checkEveryMs`. */
export function createFence(
  settings: FenceSettings,
  parts: {
    readonly processes: Processes;
    readonly events: Events;
    readonly clock: Clock;
    /** A process that has not said hello this long after its start hangs. */
    readonly startWithinMs: number;
  },
): () => void {
  const { processes, events, clock, startWithinMs } = parts;
  const lastFencedAt = new Map<string, Instant>();
  let lastLookAt = clock.now();
  return () => {
    const now = clock.now();
    const isLate = isLateLook(settings, lastLookAt, now);
    lastLookAt = now;
    if (isLate) return;
    const watched = processes.all().flatMap((kept) => watchedOf(kept, startWithinMs, now) ?? []);
    for (const { name, because } of whomToFence(watched, settings, lastFencedAt, now)) {
      const kept = processes.get(name);
      if (kept === undefined || kept.life.state === "absent") continue;
      const { partition, instance } = kept.spec;
      lastFencedAt.set(fenceGroup({ name, partition }), now);
      const { pid } = kept.life.process;
      processes.kill(name);
      events.emit("fenced", `${name} (pid ${pid}) ${reasons[because]} and is killed`, {
        ...(partition !== undefined && { partition }),
        ...(instance !== undefined && { instance }),
      });
    }
  };
}

function watchedOf({ spec, life, heardAt }: Kept, startWithinMs: number, now: Instant): WatchedProcess | undefined {
  if (life.state === "absent") return undefined;
  const stat = readStat(life.process.pid);
  return {
    name: spec.name,
    // A Redis is no sibling of the role instances above it: that they beat says nothing of it, nor it of them.
    partition: spec.role === "redis" ? undefined : spec.partition,
    // `t` is a process a debugger holds; it answers nobody either, but somebody means it to.
    stopped: stat?.state === "T" && stat.startTicks === life.process.startTicks,
    lastBeatAt: heardAt ?? now,
    mute: heardAt === undefined && now - life.since > startWithinMs,
  };
}
