/**
 * Whether it is this caller, or its host, that is slow, and not the partitions: how long the process itself stood still,
 * which partitions have late calls, and what policy/host.ts makes of them together. The judge asks before it blames
 * anybody. A starved host that blamed its partitions would turn one bad second into an outage of all of them.
 * Invariants: lateness is looked at before any colour; a slow host is said once for all of its slow moments.
 */
import type { Clock, Colour, EvidenceSettings, Instant } from "@cordon/model";
import { judgeHost, overdueCalls, type Evidence, type HostJudgement } from "@cordon/policy";
import type { Events } from "@cordon/runtime";
import { askedOperations, type RoutedPartition } from "./gate.ts";
import { createStallMeter } from "./stall.ts";

export interface Host {
  /** As last judged. */
  readonly judgement: HostJudgement;
  /** Said on each tick of the judge. */
  beat(now: Instant): void;
  /** Milliseconds this process stood still that a call may have lived through which is judged now. */
  ownStallMs(now: Instant): number;
  /** Milliseconds it stood still since it began; never falls. */
  stalledMs(now: Instant): number;
  /** Looks whether these partitions have late calls, and judges anew where that has changed. */
  look(partitions: Iterable<RoutedPartition>, now: Instant): void;
  /** Judges anew, after a colour has changed. */
  judge(now: Instant): void;
}

export interface HostOptions {
  readonly evidence: EvidenceSettings;
  readonly clock: Clock;
  readonly events: Events;
  readonly beatEveryMs: number;
  /** All partitions of the caller. */
  readonly partitions: () => Iterable<RoutedPartition>;
}

/** A slow host lets one partition catch up before another: the last one to do so must not be taken for the culprit. */
const slowLastsMs = 1000;
const redSign: Colour = "red";
const greenSign: Colour = "green";

export function createHost({ evidence, clock, events, beatEveryMs, partitions }: HostOptions): Host {
  const longestLimitMs = Math.max(...askedOperations.map((operation) => evidence.overdueMs[operation]));
  const stall = createStallMeter(beatEveryMs, clock.now());
  let judgement: HostJudgement = { hostSlow: false, suspectsItself: false };
  let slowAt = Number.NEGATIVE_INFINITY;

  /** Notes at each gate whether its calls are late; true when that has changed. */
  function refreshLate(at: RoutedPartition, now: Instant): boolean {
    const ownStallMs = stall.recentMs(now, longestLimitMs);
    let changed = false;
    for (const operation of askedOperations) {
      const gate = at.gates[operation];
      const late = gate.instances.some(({ paths }) => isLate(paths[operation].evidence, evidence, now, ownStallMs));
      if (late !== gate.late) changed = true;
      gate.late = late;
    }
    return changed;
  }

  function judge(now: Instant): void {
    const signs = [...partitions()].map((at) => ({
      late: askedOperations.some((operation) => at.gates[operation].late),
      colour: askedOperations.some((operation) => at.gates[operation].colour === "red") ? redSign : greenSign,
    }));
    const before = judgement;
    const seen = judgeHost(signs, evidence.hostSlowShare);
    // A host that is slow is slow on and off: it is said once for all of that.
    if (seen.hostSlow && now - slowAt > evidence.windowMs)
      events.emit("host-slow", "most partitions are late at once: the host is slow, and nobody is blamed");
    if (seen.hostSlow) slowAt = now;
    judgement = { ...seen, hostSlow: now - slowAt <= slowLastsMs };
    if (judgement.suspectsItself && !before.suspectsItself)
      events.emit("self-suspected", "most partitions look red at once: this caller doubts itself and isolates no more");
  }

  return {
    get judgement() {
      return judgement;
    },
    beat: (now) => stall.beat(now),
    ownStallMs: (now) => stall.recentMs(now, longestLimitMs),
    stalledMs: (now) => stall.totalMs(now),
    look(looked, now) {
      let changed = false;
      for (const at of looked) changed = refreshLate(at, now) || changed;
      if (changed) judge(now);
    },
    judge,
  };
}

/** A call is overdue in flight, or the last to end was missed: between two canaries a silent instance is late too. */
const isLate = (book: Evidence, settings: EvidenceSettings, now: Instant, ownStallMs: number): boolean =>
  (book.misses > 0 && now - book.lastMissAt <= settings.windowMs) || overdueCalls(book, settings, now, ownStallMs) > 0;
