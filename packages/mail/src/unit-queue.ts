/**
 * The waiting units of one lane: those that may be tried now, in order of arrival, and those that wait for their time,
 * soonest first. Plain data in memory; what it holds is in the spool, and the lane bounds how much that is.
 * Invariants: a unit is in one of the two and leaves once; taking and adding cost no more than the logarithm of the length.
 */
import type { WallTime } from "@cordon/model";
import type { Unit } from "./spool.ts";

export interface UnitQueue {
  /** `now`: may be tried at once; `later`: waits until its `notBefore`. */
  add(unit: Unit, when: "now" | "later"): void;
  /** The unit that has been ready longest. */
  take(): Unit | undefined;
  /** Makes ready what has waited until `now`. */
  wake(now: WallTime): void;
  /** Makes ready, oldest first, everything that waits because of its partition. */
  wakeForPartition(): void;
  /** Takes out units that `leaves` names, at most `limit`. */
  remove(leaves: (unit: Unit) => boolean, limit: number): readonly Unit[];
  /** When the next waiting unit's time comes. */
  nextWake(): WallTime | undefined;
  readonly ready: number;
  readonly size: number;
  units(): Iterable<Unit>;
}

/** The emptied head of the array is cut off when it is this long and half of it. */
const compactAt = 1024;

export function createUnitQueue(): UnitQueue {
  let ready: Unit[] = [];
  let head = 0;
  /** A binary heap by `notBefore`. */
  let waiting: Unit[] = [];

  const sink = (from: number): void => {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const smaller = due(left + 1) < due(left) ? left + 1 : left;
      if (due(smaller) >= due(at)) return;
      swap(at, smaller);
      at = smaller;
    }
  };
  const rise = (from: number): void => {
    let at = from;
    while (at > 0 && due(at) < due((at - 1) >> 1)) {
      swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
  };
  const due = (at: number): number => waiting[at]?.notBefore ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    const [first, second] = [waiting[a], waiting[b]];
    if (first === undefined || second === undefined) return;
    waiting[a] = second;
    waiting[b] = first;
  };
  const wait = (unit: Unit): void => {
    waiting.push(unit);
    rise(waiting.length - 1);
  };
  const rebuild = (units: readonly Unit[]): void => {
    waiting = [];
    for (const unit of units) wait(unit);
  };

  function* all(): Iterable<Unit> {
    yield* ready.slice(head);
    yield* waiting;
  }

  return {
    add(unit, when) {
      if (when === "now") ready.push(unit);
      else wait(unit);
    },
    take() {
      const unit = ready[head];
      if (unit === undefined) return undefined;
      head += 1;
      if (head >= compactAt && head * 2 >= ready.length) {
        ready = ready.slice(head);
        head = 0;
      }
      return unit;
    },
    wake(now) {
      while (due(0) <= now) {
        const first = waiting[0];
        const last = waiting.pop();
        if (first === undefined || last === undefined) return;
        if (waiting.length > 0) {
          waiting[0] = last;
          sink(0);
        }
        ready.push(first);
      }
    },
    wakeForPartition() {
      const woken = waiting.filter(({ deferredFor }) => deferredFor === "partition");
      rebuild(waiting.filter(({ deferredFor }) => deferredFor !== "partition"));
      ready = [...ready.slice(head), ...woken].toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
      head = 0;
    },
    remove(leaves, limit) {
      const gone = new Set<Unit>();
      for (const unit of all()) if (gone.size < limit && leaves(unit)) gone.add(unit);
      if (gone.size === 0) return [];
      ready = ready.slice(head).filter((unit) => !gone.has(unit));
      head = 0;
      rebuild(waiting.filter((unit) => !gone.has(unit)));
      return [...gone];
    },
    nextWake: () => waiting[0]?.notBefore,
    get ready() {
      return ready.length - head;
    },
    get size() {
      return ready.length - head + waiting.length;
    },
    units: all,
  };
}
