/**
 * The lanes: one a directory partition, each with slots of its own, so that a partition which does not answer parks its
 * own mail and no other's; the June 2014 outage in one sentence, undone. A lane is isolated and let go by the standing
 * of mail's own look-ups, which the operator's hand outranks. In the shared form, what `off` means, there is one queue
 * for all in order of arrival, whose slots are held through the look-up with all its retries, as mail servers do it.
 * Invariants: a durable unit is in exactly one lane until it has its fate; a lane's state is told as an event.
 */
import type { Clock, LanesSettings, LaneView, PartitionId } from "@cordon/model";
import type { PartitionClient, Standing } from "@cordon/partition-client";
import type { LaneFill, Lane } from "@cordon/policy";
import type { Events } from "@cordon/runtime";
import type { Attempts } from "./attempt.ts";
import { createLaneRunner, type LaneRunner } from "./lane-runner.ts";
import type { Unit } from "./spool.ts";

export interface Lanes {
  /** Takes durable units. */
  add(units: readonly Unit[]): void;
  /** Takes the durable units that were left over when the process last ended. */
  resume(units: readonly Unit[]): void;
  fill(partition: PartitionId): LaneFill;
  view(): LaneView[];
  /** Units in all lanes: waiting and running. */
  held(): number;
  close(): Promise<void>;
}

export function createLanes(about: {
  readonly settings: LanesSettings;
  readonly client: PartitionClient;
  readonly attempts: () => Attempts;
  readonly events: Events;
  readonly clock: Clock;
}): Lanes {
  const { settings, client, clock } = about;
  const runners = new Map<PartitionId, LaneRunner>();

  const make = (partition?: PartitionId): LaneRunner =>
    createLaneRunner({
      slots: settings.slots,
      ramp: settings.kind === "shared" ? "off" : settings.ramp,
      clock,
      attempts: about.attempts,
      made: (units) => add(units),
      onState: (lane) => {
        if (partition !== undefined) tell(partition, lane);
      },
    });

  const tell = (partition: PartitionId, lane: Lane): void => {
    const parked = runners.get(partition)?.held ?? 0;
    switch (lane.state) {
      case "isolated":
        return about.events.emit("lane-isolated", `lane ${partition} parked by ${lane.by}, ${parked} mails in it`, {
          partition,
        });
      case "draining":
        return about.events.emit("lane-draining", `lane ${partition} draining, ${parked} mails in it`, { partition });
      case "flowing":
        return about.events.emit("lane-flowing", `lane ${partition} flowing, ${parked} mails in it`, { partition });
    }
  };

  const shared = settings.kind === "shared" ? make() : undefined;

  /** The lane of a partition, made when it is first needed, and isolated at once if its partition is. */
  const laneOf = (partition: PartitionId): LaneRunner => {
    if (shared !== undefined) return shared;
    const known = runners.get(partition);
    if (known !== undefined) return known;
    const runner = make(partition);
    runners.set(partition, runner);
    obey(runner, client.standing(partition, "lookup"));
    return runner;
  };

  const obey = (runner: LaneRunner, standing: Standing): void => {
    if (standing.state === "isolated") runner.order({ type: "isolate", by: standing.by });
    // The standing already weighs the operator's word against the evidence: what it lets go may go.
    else if (runner.state === "isolated") runner.order({ type: "rejoin", by: "operator" });
  };

  const add = (units: readonly Unit[]): void => {
    for (const unit of units) laneOf(unit.partition).add(unit);
  };

  if (settings.kind === "per-partition") {
    client.onStanding((partition, operation, standing) => {
      if (operation === "lookup") obey(laneOf(partition), standing);
    });
  }

  /**
   * What waited for its partition may go: whether that has come back meanwhile, nobody was there to hear. A lane that is
   * isolated holds it all the same, and lets it go on rejoin. One queue for all knows no rejoin, and waits.
   */
  const resume = (units: readonly Unit[]): void => {
    const mayGo = (unit: Unit): boolean => settings.kind === "per-partition" && unit.deferredFor === "partition";
    add(units.map((unit) => (mayGo(unit) ? { ...unit, notBefore: 0 } : unit)));
  };

  return {
    add,
    resume,
    fill: (partition) => ({ queued: laneOf(partition).held, maxQueued: settings.maxQueued }),
    view() {
      const now = clock.wall();
      const waiting = new Map<PartitionId, { queued: number; oldest: number }>();
      const all = shared === undefined ? [...runners.values()] : [shared];
      for (const runner of all) {
        for (const { partition, acceptedWall } of runner.units()) {
          const before = waiting.get(partition) ?? { queued: 0, oldest: acceptedWall };
          waiting.set(partition, { queued: before.queued + 1, oldest: Math.min(before.oldest, acceptedWall) });
        }
      }
      const partitions = new Set([...client.partitions(), ...runners.keys(), ...waiting.keys()]);
      return [...partitions].toSorted().map((partition): LaneView => {
        const { queued, oldest } = waiting.get(partition) ?? { queued: 0, oldest: now };
        const state = runners.get(partition)?.state ?? "flowing";
        return { partition, state, queued, oldestMs: Math.max(0, now - oldest) };
      });
    },
    held: () => [...runners.values()].reduce((sum, { held }) => sum + held, shared?.held ?? 0),
    async close() {
      await Promise.all(
        [...runners.values(), ...(shared === undefined ? [] : [shared])].map((runner) => runner.close()),
      );
    },
  };
}
