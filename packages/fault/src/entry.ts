/**
 * What the book knows of one proxy: how it was ordered, its toxics, and until when it is disabled; and how it is shown to
 * whoever asks. A disabled proxy may be on a lease, as a toxic may, and for the same reason.
 */
import type { Instant, Proxy, Toxic, ToxicState } from "@cordon/model";
import { ok, type Answer } from "./answer.ts";
import { formatHostPort, type HostPort } from "./host-port.ts";
import type { FaultProxy } from "./proxy.ts";
import type { Shelf } from "./shelf.ts";

/** A proxy as it is ordered. `upstream` is as it was written. */
export interface ProxyOrder {
  readonly name: string;
  readonly listen: HostPort;
  readonly upstream: HostPort;
  readonly enabled: boolean;
  /** With `enabled` false alone: milliseconds after which the proxy enables itself. */
  readonly leaseMs?: number;
}

/** What may be changed of a proxy. A change that disables without a lease disables until it is enabled again. */
export type ProxyChange = Partial<Omit<ProxyOrder, "name">>;

export interface Entry {
  order: ProxyOrder;
  /** When the lease of a disabled proxy ends; infinite without one. */
  disabledUntil: Instant;
  readonly proxy: FaultProxy;
  readonly shelf: Shelf;
}

/** The order that stands once `change` is made to `order`. */
export function changed(order: ProxyOrder, change: ProxyChange): ProxyOrder {
  const { leaseMs, ...lasting } = order;
  const says = change.enabled !== undefined || change.leaseMs !== undefined;
  return { ...lasting, ...(!says && leaseMs !== undefined && { leaseMs }), ...change };
}

/** Starts the proxy of `entry` as ordered, unless it runs or is not enabled, and notes what it was really given. */
export async function bring(entry: Entry, order: ProxyOrder, now: Instant): Promise<Answer<undefined>> {
  const { leaseMs: _, ...lasting } = order;
  entry.disabledUntil = Number.POSITIVE_INFINITY;
  if (!order.enabled) {
    entry.order = order;
    if (order.leaseMs !== undefined) entry.disabledUntil = now + order.leaseMs;
    return ok(undefined);
  }
  entry.order = { ...lasting, enabled: entry.proxy.running };
  if (entry.proxy.running) return ok(undefined);
  const bound = await entry.proxy.start(order.listen, order.upstream);
  if (bound.kind === "refused") return bound;
  entry.order = { ...lasting, listen: bound.value };
  return ok(undefined);
}

/** How a proxy stands before a change that may be refused. */
export type Stood = Pick<Entry, "order" | "disabledUntil">;

/** Puts a proxy back as it stood: where it listened it does so again, or tries to until it can. */
export async function putBack(entry: Entry, { order, disabledUntil }: Stood): Promise<void> {
  entry.order = order;
  entry.disabledUntil = disabledUntil;
  if (!order.enabled) return;
  entry.proxy.restart(order.listen, order.upstream);
  await entry.proxy.settled();
}

/** The lease of a disabled proxy has ended: it runs again, where it did before. */
export function enableAgain(entry: Entry): void {
  const { leaseMs: _, ...lasting } = entry.order;
  entry.disabledUntil = Number.POSITIVE_INFINITY;
  entry.order = { ...lasting, enabled: true };
  entry.proxy.restart(lasting.listen, lasting.upstream);
}

export const sameAddress = (a: HostPort, b: HostPort): boolean => a.host === b.host && a.port === b.port;

export const isAsOrdered = ({ order }: Entry, wanted: ProxyOrder): boolean =>
  sameAddress(order.listen, wanted.listen) && sameAddress(order.upstream, wanted.upstream);

export function shownProxy(entry: Entry, now: Instant): Proxy {
  const { order, shelf, disabledUntil } = entry;
  return {
    name: order.name,
    listen: formatHostPort(order.listen),
    upstream: formatHostPort(order.upstream),
    enabled: order.enabled,
    toxics: shelf.toxics().map((toxic) => shownToxic(entry, toxic, now)),
    ...(order.leaseMs !== undefined && { leaseMs: order.leaseMs }),
    ...leaseLeft(disabledUntil, now),
    counters: entry.proxy.counters(),
  };
}

export const shownToxic = ({ shelf, proxy }: Entry, toxic: Toxic, now: Instant): ToxicState => ({
  ...toxic,
  ...leaseLeft(shelf.until(toxic.name), now),
  applied: proxy.bites(toxic.name),
});

const leaseLeft = (until: Instant, now: Instant): { leaseLeftMs?: number } =>
  Number.isFinite(until) ? { leaseLeftMs: Math.max(0, Math.ceil(until - now)) } : {};
