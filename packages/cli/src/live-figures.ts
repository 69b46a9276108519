/**
 * What the events of a lab do not say: how many exchanges each partition has, how many mails wait in its lane, and which
 * toxics stand on the way to it. Asked of the fault proxies and of mail, each within a bound; who does not answer is left
 * out, for these figures accompany the state and decide nothing.
 */
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { createFaultClient } from "@cordon/fault";
import { freezesOf, type LabFile } from "@cordon/lab";
import { LaneViewSchema, type Instant, type PartitionId, type Proxy } from "@cordon/model";
import { partitionOf } from "./faults.ts";
import type { PartitionFigures } from "./live-lines.ts";

const callMs = 800;
const lanesShape = Compile(Type.Array(LaneViewSchema));

export interface Figures {
  /** The figures at `now`; rates are since the look before, so the first look has none. */
  look(now: Instant): Promise<ReadonlyMap<PartitionId, PartitionFigures>>;
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
      return new Map(
        lab.partitions.map((id) => {
          const toxics = proxies
            .filter(({ name }) => partitionOf(name) === id)
            .flatMap(({ name, toxics: on }) => on.map(({ type }) => `${type} ${name}`));
          const freezes = frozen.filter((name) => partitionOf(name) === id).map((name) => `freeze ${name}`);
          return [id, { perSecond: rateOf(id, last, before), queued: queued.get(id), faults: [...toxics, ...freezes] }];
        }),
      );
    },
  };
}

function exchangesIn(proxies: readonly Proxy[]): ReadonlyMap<PartitionId, number> {
  const sums = new Map<PartitionId, number>();
  for (const { name, counters } of proxies) {
    const partition = partitionOf(name);
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
