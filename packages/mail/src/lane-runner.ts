/**
 * One lane at work: it holds the waiting units of one partition (or, in the shared form, of all) and starts as many
 * attempts as policy permits. The decisions are `policy/lane.ts`; this file keeps the queue, the slots and the timers.
 * Invariants: a unit is waiting or running, never both and never neither, until it has its fate; a slot is held until
 * the attempt has truly ended; an isolated lane starts nothing, but still bounces what is past its time.
 */
import { flowing, lanePermits, stepLane, type Lane, type LaneEvent, type Ramp } from "@cordon/policy";
import type { Clock } from "@cordon/model";
import type { AttemptEnd, Attempts } from "./attempt.ts";
import { createUnitQueue } from "./unit-queue.ts";
import type { Unit } from "./spool.ts";

/** How often a draining lane looks how much its ramp allows, and an isolated one whether mail is past its time. */
const drainEveryMs = 20;
const expiryEveryMs = 1000;
/** A timer is never set further ahead; it looks again then. */
const longestTimerMs = 60_000;

export interface LaneRunner {
  readonly state: Lane["state"];
  /** Units held: waiting and running. */
  readonly held: number;
  add(unit: Unit): void;
  /** Isolates or rejoins. */
  order(event: Extract<LaneEvent, { type: "isolate" | "rejoin" }>): void;
  units(): Iterable<Unit>;
  /** Starts nothing more; resolves when what runs has ended. */
  close(): Promise<void>;
}

export function createLaneRunner(about: {
  readonly slots: number;
  readonly ramp: Ramp;
  readonly clock: Clock;
  readonly attempts: () => Attempts;
  /** Units an attempt made: they go to their own lanes. */
  readonly made: (units: readonly Unit[]) => void;
  readonly onState: (state: Lane) => void;
}): LaneRunner {
  const { slots, ramp, clock } = about;
  const queue = createUnitQueue();
  const running = new Map<string, { readonly unit: Unit; readonly done: Promise<void> }>();
  let lane: Lane = flowing;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let sweptAt = Number.NEGATIVE_INFINITY;

  const step = (event: LaneEvent): void => {
    const before = lane.state;
    lane = stepLane(lane, ramp, event, clock.now());
    if (lane.state === before) return;
    if (before === "isolated") queue.wakeForPartition();
    about.onState(lane);
  };

  const start = (unit: Unit, attempt: Promise<AttemptEnd>): void => {
    const done = attempt.then((end) => {
      running.delete(unit.id);
      if (end.kind === "waits") queue.add(end.unit, "later");
      else about.made(end.made);
      pump();
    });
    running.set(unit.id, { unit, done });
  };

  /** Mail of an isolated lane is not tried, but its time runs out all the same. */
  const sweep = (): void => {
    if (lane.state !== "isolated" || clock.now() - sweptAt < expiryEveryMs) return;
    const free = slots - running.size;
    const gone = queue.remove((unit) => about.attempts().isExpired(unit), free);
    // With more of them than slots, the next is looked for as soon as a slot is free.
    if (gone.length < free) sweptAt = clock.now();
    for (const unit of gone) start(unit, about.attempts().expire(unit));
  };

  const pump = (): void => {
    if (closed) return;
    queue.wake(clock.wall());
    sweep();
    const now = clock.now();
    const permits = Math.min(queue.ready, lanePermits(lane, ramp, slots, running.size, now));
    for (let started = 0; started < permits; started++) {
      const unit = queue.take();
      if (unit !== undefined)
        start(
          unit,
          about.attempts().make(unit, () => lane.state),
        );
    }
    if (permits > 0) step({ type: "started", deliveries: permits });
    step({ type: "tick", queued: queue.ready });
    schedule();
  };

  const schedule = (): void => {
    clearTimeout(timer);
    const next = waitMs();
    timer = next === undefined ? undefined : setTimeout(pump, Math.min(longestTimerMs, next));
  };
  /** How long until the lane has to look again by itself. */
  const waitMs = (): number | undefined => {
    if (lane.state === "draining") return drainEveryMs;
    if (lane.state === "isolated") return queue.size === 0 ? undefined : expiryEveryMs;
    const wake = queue.nextWake();
    return wake === undefined ? undefined : Math.max(1, wake - clock.wall());
  };

  return {
    get state() {
      return lane.state;
    },
    get held() {
      return queue.size + running.size;
    },
    add(unit) {
      queue.add(unit, unit.notBefore > clock.wall() ? "later" : "now");
      pump();
    },
    order(event) {
      step(event);
      pump();
    },
    *units() {
      yield* queue.units();
      for (const { unit } of running.values()) yield unit;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
