/**
 * How long to wait before a retry. A fixed delay sends every caller back in the same instant, which is how the
 * reconnect storm of June 2014 outlived its cause; full jitter spreads them evenly over a growing, capped span.
 * Invariant: a delay is never below zero nor above its cap, whatever the number of the retry.
 */
import type { RetrySettings } from "@cordon/model";

/**
 * Milliseconds to wait before a retry. `retry` counts from 0 for the first one after the first try; `random` is in
 * [0, 1) and is not used by a fixed delay.
 */
export function retryDelayMs(delay: RetrySettings["delay"], retry: number, random: number): number {
  switch (delay.kind) {
    case "fixed":
      return delay.ms;
    case "jittered":
      return random * Math.min(delay.capMs, delay.baseMs * 2 ** retry);
  }
}
