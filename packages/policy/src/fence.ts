/**
 * Which process may be killed for good. A stopped role instance still accepts connections and may hold the write lock
 * of its store: it is killed, not waited for. But a supervisor that was itself stopped sees everybody silent, and must
 * not kill a healthy host for it.
 * Invariants: when all are silent nobody is fenced; silence alone fences only while at least half of all others beat, and
 * a role instance that has served is judged beside a sibling of its partition; at most one kill a partition in
 * `onePerMs`, whatever is seen; a look that came late sees nobody, since what was said meanwhile is not read yet.
 */
import type { FenceSettings, Instant, PartitionId, ProcessName } from "@cordon/model";

/** What the supervisor knows of a watched. `stopped`: the operating system says it is in state T. */
export interface WatchedProcess {
  readonly name: ProcessName;
  /** Absent for a process that serves no partition: it has no siblings, and is judged beside all others. */
  readonly partition: PartitionId | undefined;
  readonly stopped: boolean;
  /** The last beat, or the start when there was none yet. */
  readonly lastBeatAt: Instant;
  /** It was started so long ago that it ought to have spoken, and never has: it hangs before it serves. */
  readonly mute: boolean;
}

export interface FenceOrder {
  readonly name: ProcessName;
  readonly because: "stopped" | "mute" | "silent";
}

/** Whether the looker stood still itself since its last look: those who beat meanwhile seem silent to it. */
export const isLateLook = (
  settings: Pick<FenceSettings, "silentMs" | "checkEveryMs">,
  lastLookAt: Instant,
  now: Instant,
): boolean => now - lastLookAt > settings.checkEveryMs + settings.silentMs / 4;

/** Whose kills are counted together: the partition, or the process itself where it has none. */
export const fenceGroup = (watched: Pick<WatchedProcess, "name" | "partition">): string =>
  watched.partition ?? watched.name;

/** Whom to kill now. `lastFencedAt` has the time of the last kill of each group. */
export function whomToFence(
  processes: readonly WatchedProcess[],
  settings: Pick<FenceSettings, "silentMs" | "onePerMs">,
  lastFencedAt: ReadonlyMap<string, Instant>,
  now: Instant,
): FenceOrder[] {
  const beats = (watched: WatchedProcess) =>
    !watched.stopped && !watched.mute && now - watched.lastBeatAt <= settings.silentMs;
  const beating = processes.filter(beats);
  if (beating.length === 0) return [];
  const orders: FenceOrder[] = [];
  const spent = new Set<string>();
  // The stopped first: of one partition only one may go, and theirs is the surer sign.
  for (const watched of processes.toSorted((one, other) => Number(other.stopped) - Number(one.stopped))) {
    const group = fenceGroup(watched);
    const fencedAt = lastFencedAt.get(group);
    if (beats(watched) || spent.has(group)) continue;
    if (fencedAt !== undefined && now - fencedAt < settings.onePerMs) continue;
    if (!watched.stopped && !hasWitnesses(watched, processes, beating)) continue;
    spent.add(group);
    orders.push({ name: watched.name, because: watched.stopped ? "stopped" : watched.mute ? "mute" : "silent" });
  }
  return orders;
}

function hasWitnesses(
  watched: WatchedProcess,
  all: readonly WatchedProcess[],
  beating: readonly WatchedProcess[],
): boolean {
  const others = all.length - 1;
  const isBesideSibling =
    watched.partition === undefined || beating.some((other) => other.partition === watched.partition);
  return (isBesideSibling || watched.mute) && beating.length * 2 >= others;
}
