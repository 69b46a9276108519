/**
 * The pace of an open loop: what the schedule says is begun when the schedule says it, whatever has become of the attempts
 * before. An attempt that cannot be begun at once, because too many are under way, is `unsent`, and not forgotten.
 * Invariant: each attempt that fell due is told once, and at most `maxInFlight` are under way.
 */
import type { Clock, Instant } from "@cordon/model";

/** What a client saw of one attempt: `unknown` has no answer, `unsent` never left. */
export interface Seen {
  readonly outcome: "ok" | "degraded" | "refused" | "unknown" | "unsent";
  /** The status of an answer (`200`, `451`), or the client's own word (`timeout`, `ECONNRESET`). */
  readonly code: string;
}

/** One attempt and its times. */
export interface Attempted<P> extends Seen {
  readonly planned: P;
  readonly scheduledAt: Instant;
  /** null: never. */
  readonly sentAt: Instant | null;
  /** null: no end was seen. */
  readonly endedAt: Instant | null;
}

export interface Pace<P> {
  /** In order of time. */
  readonly schedule: readonly P[];
  readonly startAt: Instant;
  /** Attempts under way at once, at most. */
  readonly maxInFlight: number;
  /** After the schedule's last send, answers are waited for this long. */
  readonly graceMs: number;
  /** Carries one attempt out. Never rejects. */
  readonly act: (planned: P) => Promise<Seen>;
  /** Told of each attempt that fell due, once, when it has ended or nobody waits for it any longer. */
  readonly told: (attempted: Attempted<P>) => void;
}

export interface Pacer {
  /** Resolves when every attempt that fell due has been told. */
  readonly done: Promise<void>;
  /** Nothing more is sent; what has no answer by now is told as `unknown`, code `run-ended`. */
  readonly stop: () => void;
}

/** Sends that fall due within this are sent in one go: timers are no finer. */
const granularityMs = 1;

/** Begins at once; what is due already is sent late, and is seen to be. */
export function startPacer<P extends { readonly offsetMs: number }>(pace: Pace<P>, clock: Clock): Pacer {
  const { schedule, startAt, maxInFlight, graceMs, act, told } = pace;
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const open = new Set<() => void>();
  let next = 0;
  let timer: NodeJS.Timeout | undefined;

  async function attempt(planned: P): Promise<void> {
    const scheduledAt = startAt + planned.offsetMs;
    if (open.size >= maxInFlight)
      return told({ planned, scheduledAt, sentAt: null, endedAt: null, outcome: "unsent", code: "too-many-in-flight" });
    const sentAt = clock.now();
    const giveUp = (): void =>
      told({ planned, scheduledAt, sentAt, endedAt: null, outcome: "unknown", code: "run-ended" });
    open.add(giveUp);
    const seen = await act(planned);
    // Whoever was given up has been told of already.
    if (!open.delete(giveUp)) return;
    told({ planned, scheduledAt, sentAt, endedAt: seen.code === "timeout" ? null : clock.now(), ...seen });
  }

  const settled = (): void => {
    if (next < schedule.length || open.size > 0) return;
    clearTimeout(timer);
    finish();
  };
  const stop = (): void => {
    clearTimeout(timer);
    next = schedule.length;
    for (const giveUp of open) giveUp();
    open.clear();
    finish();
  };
  const tick = (): void => {
    const now = clock.now();
    for (;;) {
      const planned = schedule[next];
      if (planned === undefined) {
        timer = setTimeout(stop, graceMs);
        return settled();
      }
      const wait = startAt + planned.offsetMs - now;
      if (wait > granularityMs) {
        timer = setTimeout(tick, wait);
        return;
      }
      next += 1;
      void attempt(planned).then(settled);
    }
  };
  tick();
  return { done, stop };
}
