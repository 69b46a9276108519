/**
 * Faults that somebody else did to a drill's lab while it ran (`cordon fault add p1 silent --lab DIR`). They can refute a
 * candidate or harm a baseline, and neither says anything about the drill's own fault. Each leaves a trace for as long as
 * the lab lives: a fault proxy counts bites under a toxic's name when the toxic is long gone, and who froze a process
 * stands in the journal. What leaves none: a toxic that bit nobody, a kill, and a fault proxy that was shut for a moment.
 */
import { journalFile, readJournal, type Lab } from "@cordon/lab";
import { createFaultClient } from "@cordon/fault";
import { partitionOfInstance, type PartitionId, type Proxy } from "@cordon/model";
import { toxicName } from "./faults.ts";
import { SideLost } from "./side-lost.ts";

const askWithinMs = 5_000;
/** Faults named one by one; the rest are counted. */
const mostNamed = 3;

/** Looks once, at the end of a side that came to its end. Throws a SideLost when there was such a fault, or nobody can say. */
export async function refuseFaultsByHand({ urls, dir }: Pick<Lab, "urls" | "dir">, failed: PartitionId): Promise<void> {
  const proxies = await createFaultClient(urls.fault, askWithinMs).proxies();
  if (proxies.kind !== "ok")
    throw new SideLost("the fault proxies did not answer", "that nobody else broke anything cannot be proven");
  const spawned = (readJournal(journalFile(dir))?.spawned ?? []).map(({ name }) => name);
  const found = faultsByHand(Object.values(proxies.value), spawned, failed);
  if (found.length === 0) return;
  const more = found.length - mostNamed;
  const named = [...found.slice(0, mostNamed), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
  throw new SideLost("faults by another hand were found", `${named}; the side is no answer to the drill's own alone`);
}

/** `mute on p1a`, `p1a shut`, `mail frozen`, each once. `spawned`: every process that the lab's journal knows. */
export function faultsByHand(
  proxies: readonly Proxy[],
  spawned: readonly string[],
  failed: PartitionId,
): readonly string[] {
  const onProxies = proxies.flatMap(({ name, enabled, toxics, counters }) => {
    const isOwn = (toxic: string): boolean => toxic === toxicName && partitionOfInstance(name) === failed;
    const names = new Set([...toxics.map((toxic) => toxic.name), ...Object.keys(counters.applied)]);
    const foreign = [...names].filter((toxic) => !isOwn(toxic)).map((toxic) => `${toxic} on ${name}`);
    return enabled ? foreign : [...foreign, `${name} shut`];
  });
  const frozen = spawned.flatMap((name) => (name.startsWith(holder) ? [`${name.slice(holder.length)} frozen`] : []));
  return [...new Set([...onProxies, ...frozen])];
}

/** As whoever holds a freeze is named. */
const holder = "freeze-";
