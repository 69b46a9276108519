/**
 * What a proxy counts: the yardstick for amplification and the proof that a fault bit. Bytes are counted where they
 * arrive, whatever becomes of them, so that what a failed link carried is never missing, and again where they leave: the
 * difference is what was swallowed, or waits. Exchanges are also kept by the
 * second, for the last `keptSeconds`, in a ring that costs two array writes an exchange.
 */
import type { Instant, ProxyCounters } from "@cordon/model";

/** Seconds of exchanges that are kept. */
export const keptSeconds = 600;
/** Toxic names whose bites are remembered, removed ones too; the one that was seen first is forgotten first. */
const rememberedNames = 256;

/** The exchanges that began in the second from `at` (CLOCK_MONOTONIC, milliseconds, a whole second) on. */
export interface SecondCount {
  readonly at: Instant;
  readonly exchanges: number;
}

/** Bytes given to the system, each way. */
export interface Delivered {
  readonly upstream: number;
  readonly downstream: number;
}

export interface Counters {
  /** Written by the links directly: this is the hot path. */
  bytesUp: number;
  bytesDown: number;
  linkOpened(): void;
  /** `delivered`: by this link, in all its life. */
  linkClosed(delivered: Delivered): void;
  exchange(now: Instant): void;
  bit(toxic: string): void;
  /** How often this toxic has bitten. */
  bites(toxic: string): number;
  /** `live`: what each open link has delivered so far; sockets count that themselves, so the hot path does not. */
  snapshot(live: Iterable<Delivered>): ProxyCounters;
  /** Every second kept, gaps as 0, oldest first; the last one is still running. */
  seconds(now: Instant): SecondCount[];
}

const sum = (a: Delivered, b: Delivered): Delivered => ({
  upstream: a.upstream + b.upstream,
  downstream: a.downstream + b.downstream,
});

const secondOf = (at: Instant): number => Math.floor(at / 1000);

export function createCounters(madeAt: Instant): Counters {
  let connections = 0;
  let open = 0;
  let exchanges = 0;
  let closed: Delivered = { upstream: 0, downstream: 0 };
  const applied = new Map<string, number>();
  const ringSecond = new Float64Array(keptSeconds).fill(-1);
  const ringCount = new Float64Array(keptSeconds);
  return {
    bytesUp: 0,
    bytesDown: 0,
    linkOpened() {
      connections += 1;
      open += 1;
    },
    linkClosed(delivered) {
      open -= 1;
      closed = sum(closed, delivered);
    },
    exchange(now) {
      exchanges += 1;
      const second = secondOf(now);
      const place = second % keptSeconds;
      ringCount[place] = ringSecond[place] === second ? (ringCount[place] ?? 0) + 1 : 1;
      ringSecond[place] = second;
    },
    bit(toxic) {
      applied.set(toxic, (applied.get(toxic) ?? 0) + 1);
      const [oldest] = applied.size > rememberedNames ? applied.keys() : [];
      if (oldest !== undefined) applied.delete(oldest);
    },
    bites: (toxic) => applied.get(toxic) ?? 0,
    snapshot(live) {
      const { bytesUp, bytesDown } = this;
      const { upstream: deliveredUp, downstream: deliveredDown } = [...live].reduce(sum, closed);
      const bytes = { bytesUp, bytesDown, deliveredUp, deliveredDown };
      return { connections, open, exchanges, ...bytes, applied: Object.fromEntries(applied) };
    },
    seconds(now) {
      const last = secondOf(now);
      const first = Math.max(secondOf(madeAt), last - keptSeconds + 1);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
        const second = first + index;
        const place = second % keptSeconds;
        return { at: second * 1000, exchanges: ringSecond[place] === second ? (ringCount[place] ?? 0) : 0 };
      });
    },
  };
}
