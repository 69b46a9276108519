/**
 * How much of one partition's mail may be delivered now. In June 2014 mail for everybody queued behind the partition
 * that was gone; with a lane a partition only its own mail is parked, and when it is back the backlog is let go on a
 * ramp, because everything at once is what overloads a partition just recovered.
 *
 *   flowing --isolate--> isolated --rejoin--> draining --ramp is moot, or backlog gone--> flowing
 *                           ^----isolate----------/        (ramp off: isolated --rejoin--> flowing)
 *
 * Invariants: an isolated lane starts nothing; what the operator isolated only the operator lets go; a draining lane
 * has never started more than the ramp's sum, and no lane runs more than its slots.
 */
import type { Instant, LanesSettings } from "@cordon/model";

export type Lane =
  | { readonly state: "flowing" }
  | { readonly state: "isolated"; readonly since: Instant; readonly by: "evidence" | "operator" }
  /** `started`: deliveries begun since the draining began. */
  | { readonly state: "draining"; readonly since: Instant; readonly started: number };

export type LaneEvent =
  | { readonly type: "isolate"; readonly by: "evidence" | "operator" }
  | { readonly type: "rejoin"; readonly by: "evidence" | "operator" }
  | { readonly type: "started"; readonly deliveries: number }
  /** Comes by itself now and then; `queued` mails wait in the lane. */
  | { readonly type: "tick"; readonly queued: number };

export type Ramp = Extract<LanesSettings, { kind: "per-partition" }>["ramp"];

export const flowing: Lane = { state: "flowing" };

/** Deliveries a second from which on a lane's slots bound it, and not its ramp. */
export const rampIsMootPerSecond = 1000;

export function stepLane(lane: Lane, ramp: Ramp, event: LaneEvent, now: Instant): Lane {
  switch (event.type) {
    case "isolate":
      return isolate(lane, event.by, now);
    case "rejoin":
      if (lane.state !== "isolated" || (lane.by === "operator" && event.by === "evidence")) return lane;
      return ramp === "off" ? flowing : { state: "draining", since: now, started: 0 };
    case "started":
      return lane.state === "draining" ? { ...lane, started: lane.started + event.deliveries } : lane;
    case "tick":
      return lane.state === "draining" && isDrained(lane, ramp, event.queued, now) ? flowing : lane;
  }
}

/** How many deliveries may start now, given the lane's `slots` and how many of its deliveries are `running`. */
export function lanePermits(lane: Lane, ramp: Ramp, slots: number, running: number, now: Instant): number {
  const free = Math.max(0, slots - running);
  switch (lane.state) {
    case "flowing":
      return free;
    case "isolated":
      return 0;
    case "draining":
      return ramp === "off" ? free : Math.max(0, Math.min(free, rampSum(ramp, now - lane.since) - lane.started));
  }
}

/** Deliveries the ramp allows in the first `elapsedMs`: one at once, then a rate that doubles every `doubleMs`. */
export function rampSum(ramp: Exclude<Ramp, "off">, elapsedMs: number): number {
  const perMs = ramp.startPerSecond / 1000;
  return 1 + Math.floor(((perMs * ramp.doubleMs) / Math.LN2) * (2 ** (elapsedMs / ramp.doubleMs) - 1));
}

function isolate(lane: Lane, by: "evidence" | "operator", now: Instant): Lane {
  if (lane.state !== "isolated") return { state: "isolated", since: now, by };
  return by === "operator" ? { ...lane, by } : lane;
}

function isDrained(lane: Extract<Lane, { state: "draining" }>, ramp: Ramp, queued: number, now: Instant): boolean {
  if (queued === 0 || ramp === "off") return true;
  return ramp.startPerSecond * 2 ** ((now - lane.since) / ramp.doubleMs) >= rampIsMootPerSecond;
}
