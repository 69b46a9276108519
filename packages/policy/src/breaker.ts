/**
 * When the breaker in front of a role instance is open, and which calls may probe it. A rolling window (opossum's)
 * counts failures; this machine stands around it and adds what the window alone does badly: it opens after a row of
 * deadline misses instead of after half a window, it leases its probes, so that one that hangs does not wedge it
 * half-open for ever, and it ignores what calls of an older generation bring back, so that a late success from before
 * the trip does not close it.
 *
 *   closed --row of misses, or window--> open --openMs--> half-open --`probes` successes--> closed
 *                                         ^------failed or expired probe------/
 *
 * Invariants: at most `probes` leases are out; nothing passes while open before `openMs`; the generation never falls.
 */
import type { BreakerSettings, Instant } from "@cordon/model";

type BreakerSettingsNeeded = Pick<BreakerSettings, "consecutiveMisses" | "openMs" | "probes" | "probeLeaseMs">;

/** The generation grows with every change of state that makes results of calls already under way meaningless. */
export type Breaker =
  | { readonly state: "closed"; readonly generation: number; readonly missesInRow: number }
  | { readonly state: "open"; readonly generation: number; readonly since: Instant }
  | {
      readonly state: "half-open";
      readonly generation: number;
      readonly since: Instant;
      /** Call id -> when its lease runs out. */
      readonly leases: ReadonlyMap<number, Instant>;
      readonly successes: number;
    };

export type BreakerEvent =
  /** `neutral` (push-back, cancelled) gives a probe's lease back and proves nothing. */
  | {
      readonly type: "ended";
      readonly generation: number;
      readonly call: number;
      readonly outcome: "ok" | "miss" | "neutral";
    }
  /** The rolling window says that too large a share failed. */
  | { readonly type: "window-tripped"; readonly generation: number };

/** What the shell does to the rolling window it holds. */
export type BreakerCommand = "open" | "close" | "none";

export type BreakerAnswer =
  | { readonly kind: "pass"; readonly generation: number; readonly probe: boolean }
  | { readonly kind: "refused"; readonly retryAfterMs: number };

export const closedBreaker: Breaker = { state: "closed", generation: 0, missesInRow: 0 };

/** Tells whether a call would be let through now, without asking for it. */
export function isBreakerOpen(breaker: Breaker, settings: BreakerSettingsNeeded, now: Instant): boolean {
  if (breaker.state === "closed") return false;
  return answerOf(mature(breaker, settings, now), settings, now).kind === "refused";
}

/** A call asks to go through. One that passes as a probe holds a lease until it is noted as ended. */
export function askBreaker(
  breaker: Breaker,
  settings: BreakerSettingsNeeded,
  call: number,
  now: Instant,
): { readonly breaker: Breaker; readonly answer: BreakerAnswer } {
  const current = mature(breaker, settings, now);
  const answer = answerOf(current, settings, now);
  if (current.state !== "half-open" || answer.kind === "refused") return { breaker: current, answer };
  const leases = new Map(current.leases).set(call, now + settings.probeLeaseMs);
  return { breaker: { ...current, leases }, answer };
}

export function stepBreaker(
  breaker: Breaker,
  settings: BreakerSettingsNeeded,
  event: BreakerEvent,
  now: Instant,
): { readonly breaker: Breaker; readonly command: BreakerCommand } {
  const next = transition(mature(breaker, settings, now), settings, event, now);
  return { breaker: next, command: commandFor(breaker, next) };
}

function transition(breaker: Breaker, settings: BreakerSettingsNeeded, event: BreakerEvent, now: Instant): Breaker {
  switch (event.type) {
    case "ended":
      return event.generation === breaker.generation ? ended(breaker, settings, event, now) : breaker;
    case "window-tripped":
      return breaker.state === "closed" && event.generation === breaker.generation ? open(breaker, now) : breaker;
  }
}

function ended(
  breaker: Breaker,
  settings: BreakerSettingsNeeded,
  event: Extract<BreakerEvent, { type: "ended" }>,
  now: Instant,
): Breaker {
  switch (breaker.state) {
    case "closed": {
      if (event.outcome === "neutral" || (event.outcome === "ok" && breaker.missesInRow === 0)) return breaker;
      const missesInRow = event.outcome === "ok" ? 0 : breaker.missesInRow + 1;
      return missesInRow >= settings.consecutiveMisses ? open(breaker, now) : { ...breaker, missesInRow };
    }
    case "half-open":
      return breaker.leases.has(event.call) ? probeEnded(breaker, settings, event, now) : breaker;
    case "open":
      return breaker;
  }
}

function probeEnded(
  breaker: Extract<Breaker, { state: "half-open" }>,
  settings: BreakerSettingsNeeded,
  event: Extract<BreakerEvent, { type: "ended" }>,
  now: Instant,
): Breaker {
  const leases = new Map(breaker.leases);
  leases.delete(event.call);
  switch (event.outcome) {
    case "miss":
      return open(breaker, now);
    case "neutral":
      return { ...breaker, leases };
    case "ok": {
      const successes = breaker.successes + 1;
      return successes >= settings.probes
        ? { state: "closed", generation: breaker.generation + 1, missesInRow: 0 }
        : { ...breaker, leases, successes };
    }
  }
}

/** What time alone has made of it: an open one that is due is half-open, a lease that ran out has failed. */
function mature(breaker: Breaker, settings: BreakerSettingsNeeded, now: Instant): Breaker {
  switch (breaker.state) {
    case "open":
      return now - breaker.since >= settings.openMs ? halfOpen(breaker.generation, now) : breaker;
    case "half-open":
      for (const until of breaker.leases.values()) if (until <= now) return open(breaker, now);
      return breaker;
    case "closed":
      return breaker;
  }
}

function answerOf(breaker: Breaker, settings: BreakerSettingsNeeded, now: Instant): BreakerAnswer {
  switch (breaker.state) {
    case "closed":
      return { kind: "pass", generation: breaker.generation, probe: false };
    case "open":
      return { kind: "refused", retryAfterMs: Math.max(1, breaker.since + settings.openMs - now) };
    case "half-open": // a success keeps its place taken: no more calls than probes before the verdict
      return breaker.leases.size + breaker.successes < settings.probes
        ? { kind: "pass", generation: breaker.generation, probe: true }
        : { kind: "refused", retryAfterMs: settings.probeLeaseMs };
  }
}

const open = (breaker: Breaker, since: Instant): Breaker => ({
  state: "open",
  generation: breaker.generation + 1,
  since,
});

const halfOpen = (generation: number, since: Instant): Breaker => ({
  state: "half-open",
  generation,
  since,
  leases: new Map(),
  successes: 0,
});

/** The window counts only while closed; probes go past it, and it begins anew when they have succeeded. */
function commandFor(before: Breaker, after: Breaker): BreakerCommand {
  if (before.state === "closed" && after.state !== "closed") return "open";
  return before.state !== "closed" && after.state === "closed" ? "close" : "none";
}
