/**
 * The breaker in front of one role instance for one operation: opossum's rolling window inside the machine of
 * policy/breaker.ts. It is the only file that imports opossum, and it uses opossum for what it does well, which is to
 * count: percentiles and snapshots are off (with them a hung dependency stalls the event loop it should protect), its
 * time-out is off (it frees the caller and not the work), and its half-open never comes to pass (one probe without a
 * lease). An outcome is handed to it once it is known, so that nothing can hang in it, push-back does not water its
 * error rate down, and what an older generation brings back never reaches it.
 * Invariant: a window lives as long as one closed generation; a breaker that closes starts with an empty one.
 */
import CircuitBreaker from "opossum";
import type { BreakerSettings, Clock, Instant } from "@cordon/model";
import {
  askBreaker,
  closedBreaker,
  isBreakerOpen,
  stepBreaker,
  type BreakerAnswer,
  type BreakerEvent,
} from "@cordon/policy";

/** What a breaker learns of a call: `neutral` is push-back, or a call that its caller gave up. */
export type BreakerOutcome = "ok" | "miss" | "neutral";

export interface Breaker {
  isOpen(now: Instant): boolean;
  /** Asks for `call` to be let through; a pass is brought back with `ended`. */
  ask(call: number, now: Instant): BreakerAnswer;
  ended(call: number, generation: number, outcome: BreakerOutcome, now: Instant): void;
  close(): void;
}

const passes: BreakerAnswer = { kind: "pass", generation: 0, probe: false };

/** What stands in its place when the protection is off. */
export const noBreaker: Breaker = { isOpen: () => false, ask: () => passes, ended: () => {}, close: () => {} };

/** `say` hears of each opening and closing. */
export function createBreaker(settings: BreakerSettings, clock: Clock, say: (opened: boolean) => void): Breaker {
  let machine = closedBreaker;
  let window: CircuitBreaker<[], void> | undefined = openWindow(settings, windowOpened);

  function windowOpened(): void {
    step({ type: "window-tripped", generation: machine.generation }, clock.now());
  }
  function step(event: BreakerEvent, now: Instant): void {
    const { breaker, command } = stepBreaker(machine, settings, event, now);
    machine = breaker;
    switch (command) {
      case "open":
        window?.shutdown();
        window = undefined;
        return say(true);
      case "close":
        window = openWindow(settings, windowOpened);
        return say(false);
      case "none":
    }
  }

  return {
    isOpen: (now) => isBreakerOpen(machine, settings, now),
    ask(call, now) {
      const { breaker, answer } = askBreaker(machine, settings, call, now);
      machine = breaker;
      return answer;
    },
    ended(call, generation, outcome, now) {
      const counts = machine.state === "closed" && machine.generation === generation;
      if (counts && outcome !== "neutral" && window !== undefined) count(window, outcome);
      step({ type: "ended", generation, call, outcome }, now);
    },
    close() {
      window?.shutdown();
      window = undefined;
    },
  };
}

/** Longest delay a timer of Node takes: opossum's own way to half-open is never gone. */
const never = 2_147_483_647;
const buckets = 10;

const failure = Promise.reject(new Error("the attempt failed"));
failure.catch(() => {});

/**
 * A success opens nothing: it goes straight into opossum's counters, which is all that opossum would do with it, at a
 * tenth of the price of firing it. The failure that opossum throws again is the one that was handed to it: it has been
 * counted and weighed, that was all.
 */
function count(window: CircuitBreaker<[], void>, outcome: "ok" | "miss"): void {
  if (outcome === "miss") return void window.fire().catch(() => {});
  window.status.increment("fires");
  window.status.increment("successes");
}

function openWindow(settings: BreakerSettings, windowOpened: () => void): CircuitBreaker<[], void> {
  return new CircuitBreaker(() => failure, {
    timeout: false,
    errorThresholdPercentage: settings.errorShare * 100,
    volumeThreshold: settings.volume,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: buckets,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    resetTimeout: never,
  }).on("open", windowOpened);
}
