/**
 * What the events of a lab do not say: how many exchanges each partition has, how many mails wait in its lane, and which
 * faults are on it or on a service. Asked of the fault proxies and of mail, each within a bound; who does not answer is
 * left out, for these figures accompany the state and decide nothing.
 * Invariant: of a lab that hides its faults nothing is told that would give one away, so no exchanges either, which a
 * partition that fails has none of.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { createFaultClient } from "@cordon/fault";
import { freezesOf, membersOf, type LabFile } from "@cordon/lab";
import {
  LaneViewSchema,
  partitionOfInstance,
  type Clock,
  type Instant,
  type PartitionId,
  type Proxy,
} from "@cordon/model";
import type { PartitionFigures } from "./live-lines.ts";

const callMs = 800;
const lanesShape = Compile(Type.Array(LaneViewSchema));

/** Between the two looks that a rate takes. */
const lookAgainMs = 500;

export interface LabFigures {
  readonly partitions: ReadonlyMap<PartitionId, PartitionFigures>;
  /** Faults on processes that serve no partition, as `freeze auth`. */
  readonly services: readonly string[];
}

export const noFigures: LabFigures = { partitions: new Map(), services: [] };

export interface Figures {
  /** The figures at `now`; rates are since the look before, so the first look has none. */
  look(now: Instant): Promise<LabFigures>;
}

interface Counted {
  readonly at: Instant;
  readonly exchanges: ReadonlyMap<PartitionId, number>;
}

export function createFigures(lab: LabFile): Figures {
  const client = createFaultClient(lab.urls.fault, callMs);
  let before: Counted | undefined;
  return {
    async look(now) {
      const [reply, queued] = await Promise.all([client.proxies(), queuedIn(lab.urls.mailApi)]);
      const proxies = reply.kind === "ok" ? Object.values(reply.value) : [];
      const last = before;
      before = { at: now, exchanges: exchangesIn(proxies) };
      const frozen = freezesOf(lab).map(({ target }) => target.name);
      if (lab.hidesFaults) return withoutFaults(lab, queued);
      const { retired } = membersOf(lab);
      const whose = (name: string): string => (retired.includes(name) ? `${name} (replaced)` : name);
      const partitions = new Map(
        lab.partitions.map((id) => {
          const toxics = proxies
            .filter(({ name }) => partitionOfInstance(name) === id)
            .flatMap(({ name, toxics: on }) => on.map(({ type }) => `${type} ${whose(name)}`));
          const freezes = frozen.filter((name) => partitionOfInstance(name) === id).map((name) => `freeze ${name}`);
          return [id, { perSecond: rateOf(id, last, before), queued: queued.get(id), faults: [...toxics, ...freezes] }];
        }),
      );
      const services = frozen.filter((name) => !lab.partitions.includes(partitionOfInstance(name)));
      return { partitions, services: services.toSorted().map((name) => `freeze ${name}`) };
    },
  };
}

/** The figures of one moment, rates among them. */
export async function figuresNow(lab: LabFile, clock: Clock): Promise<LabFigures> {
  const figures = createFigures(lab);
  await figures.look(clock.now());
  await delay(lookAgainMs);
  return figures.look(clock.now());
}

const withoutFaults = ({ partitions }: LabFile, queued: ReadonlyMap<PartitionId, number>): LabFigures => ({
  partitions: new Map(partitions.map((id) => [id, { perSecond: undefined, queued: queued.get(id), faults: [] }])),
  services: [],
});

function exchangesIn(proxies: readonly Proxy[]): ReadonlyMap<PartitionId, number> {
  const sums = new Map<PartitionId, number>();
  for (const { name, counters } of proxies) {
    const partition = partitionOfInstance(name);
    sums.set(partition, (sums.get(partition) ?? 0) + counters.exchanges);
  }
  return sums;
}

/** A proxy that came or went makes a step that is no rate. */
function rateOf(id: PartitionId, last: Counted | undefined, now: Counted | undefined): number | undefined {
  const [from, to] = [last?.exchanges.get(id), now?.exchanges.get(id)];
  if (from === undefined || to === undefined || last === undefined || now === undefined || to < from) return undefined;
  return ((to - from) / (now.at - last.at)) * 1_000;
}

async function queuedIn(mailApi: string): Promise<ReadonlyMap<PartitionId, number>> {
  try {
    const response = await fetch(new URL("/v1/lanes", mailApi), { signal: AbortSignal.timeout(callMs) });
    const body: unknown = await response.json();
    return new Map(lanesShape.Check(body) ? body.map(({ partition, queued }) => [partition, queued]) : []);
  } catch {
    return new Map();
  }
}
