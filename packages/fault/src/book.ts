/**
 * The book of proxies: which there are, where they listen, what toxics stand on them and until when. It is the one owner
 * of every proxy; the API only speaks to it. Leases run out here: the toxic is taken away and `lease-expired` is said, so
 * that no fault outlives whoever ordered it by more than its lease.
 * Invariants: at most one change of a proxy's listener is under way at a time, a second one is refused and not queued;
 * toxics come and go without waiting for anything; `close` leaves no listener, no link and no timer.
 */
import type { Instant, Proxy, ProxyCounters, Toxic } from "@cordon/model";
import { ok, refused, type Answer } from "./answer.ts";
import type { SecondCount } from "./counters.ts";
import type { Ground } from "./ground.ts";
import { formatHostPort, type HostPort } from "./host-port.ts";
import { FaultProxy, type ProxyBounds } from "./proxy.ts";
import { createShelf, type Shelf } from "./shelf.ts";

export interface BookBounds extends ProxyBounds {
  readonly maxProxies: number;
  readonly maxToxicsPerProxy: number;
}

export interface BookParts {
  /** With it every coin falls. */
  readonly seed: string;
  readonly bounds: BookBounds;
  readonly ground: Ground;
  /** A lease ran out and its toxic was taken away. */
  readonly onExpired: (proxy: string, toxic: Toxic) => void;
}

/** A proxy as it is ordered. */
export interface ProxyOrder {
  readonly name: string;
  readonly listen: HostPort;
  readonly upstream: HostPort;
  readonly enabled: boolean;
}

interface Entry {
  order: ProxyOrder;
  readonly proxy: FaultProxy;
  readonly shelf: Shelf;
}

export class Book implements AsyncDisposable {
  readonly #parts: BookParts;
  readonly #entries = new Map<string, Entry>();
  /** Names whose listener is being opened or closed. */
  readonly #changing = new Set<string>();
  #callOff: (() => void) | undefined;
  #closed = false;

  constructor(parts: BookParts) {
    this.#parts = parts;
  }

  list(): Proxy[] {
    return [...this.#entries.values()].map(shown);
  }

  get(name: string): Answer<Proxy> {
    return this.#with(name, (entry) => ok(shown(entry)));
  }

  counters(name: string): Answer<ProxyCounters> {
    return this.#with(name, (entry) => ok(entry.proxy.counters.snapshot()));
  }

  seconds(name: string, now: Instant): Answer<SecondCount[]> {
    return this.#with(name, (entry) => ok(entry.proxy.counters.seconds(now)));
  }

  /** Makes a proxy and, when it is enabled, starts it. 409: the name or the address is taken, or there are too many. */
  async add(order: ProxyOrder): Promise<Answer<Proxy>> {
    const { seed, bounds, ground } = this.#parts;
    if (this.#entries.has(order.name)) return refused(409, `proxy already exists: ${order.name}`);
    if (this.#entries.size + this.#changing.size >= bounds.maxProxies) {
      return refused(409, `too many proxies: there are ${bounds.maxProxies}, the bound; delete one first`);
    }
    return this.#change(order.name, async () => {
      const shelf = createShelf(seed, order.name, bounds.maxToxicsPerProxy);
      const entry: Entry = { order, proxy: new FaultProxy(bounds, ground), shelf };
      const started = await bring(entry, order);
      if (started.kind === "refused") return started;
      this.#entries.set(order.name, entry);
      return ok(shown(entry));
    });
  }

  /** Enables, disables or moves a proxy; its toxics, counters and ordinals stay. */
  async update(name: string, change: Partial<Omit<ProxyOrder, "name">>): Promise<Answer<Proxy>> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return noProxy(name);
    return this.#change(name, async () => {
      const order = { ...entry.order, ...change };
      const moved =
        !sameAddress(order.listen, entry.order.listen) || !sameAddress(order.upstream, entry.order.upstream);
      if (moved || !order.enabled) await entry.proxy.stop();
      const started = await bring(entry, order);
      return started.kind === "refused" ? started : ok(shown(entry));
    });
  }

  async remove(name: string): Promise<Answer<undefined>> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return noProxy(name);
    return this.#change(name, async () => {
      await entry.proxy.stop();
      this.#entries.delete(name);
      this.#arm();
      return ok(undefined);
    });
  }

  /** Makes each proxy; one that is there under the name stays when it is the same, and is made anew when it is not. */
  async populate(orders: readonly ProxyOrder[]): Promise<{ proxies: Proxy[]; failure: Answer<never> | undefined }> {
    const proxies: Proxy[] = [];
    for (const order of orders) {
      const there = this.#entries.get(order.name);
      if (there !== undefined && !isAsOrdered(there, order)) {
        const removed = await this.remove(order.name);
        if (removed.kind === "refused") return { proxies, failure: removed };
      }
      const made = this.#entries.has(order.name)
        ? await this.update(order.name, { enabled: order.enabled })
        : await this.add(order);
      if (made.kind === "refused") return { proxies, failure: made };
      proxies.push(made.value);
    }
    return { proxies, failure: undefined };
  }

  /** Takes every toxic away and enables every proxy. */
  async reset(): Promise<Answer<undefined>> {
    for (const entry of this.#entries.values()) {
      entry.shelf.clear();
      entry.proxy.setToxics([]);
    }
    this.#arm();
    for (const name of this.#entries.keys()) {
      const enabled = await this.update(name, { enabled: true });
      if (enabled.kind === "refused") return enabled;
    }
    return ok(undefined);
  }

  toxics(proxy: string): Answer<Toxic[]> {
    return this.#with(proxy, (entry) => ok(entry.shelf.toxics()));
  }

  toxic(proxy: string, name: string): Answer<Toxic> {
    return this.#with(proxy, (entry) => entry.shelf.get(name));
  }

  addToxic(proxy: string, toxic: Toxic, now: Instant): Answer<Toxic> {
    return this.#withToxics(proxy, (shelf) => shelf.add(toxic, now));
  }

  replaceToxic(proxy: string, toxic: Toxic, now: Instant): Answer<Toxic> {
    return this.#withToxics(proxy, (shelf) => shelf.replace(toxic, now));
  }

  removeToxic(proxy: string, name: string): Answer<Toxic> {
    return this.#withToxics(proxy, (shelf) => shelf.remove(name));
  }

  /** Takes away every toxic whose lease has ended by `now`. */
  expire(now: Instant): void {
    for (const [name, { shelf, proxy }] of this.#entries) {
      const ended = shelf.expire(now);
      if (ended.length > 0) proxy.setToxics(shelf.live());
      for (const toxic of ended) this.#parts.onExpired(name, toxic);
    }
    this.#arm();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#callOff?.();
    await Promise.all([...this.#entries.values()].map(({ proxy }) => proxy.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #with<T>(name: string, then: (entry: Entry) => Answer<T>): Answer<T> {
    const entry = this.#entries.get(name);
    return entry === undefined ? noProxy(name) : then(entry);
  }

  #withToxics(name: string, then: (shelf: Shelf) => Answer<Toxic>): Answer<Toxic> {
    return this.#with(name, ({ shelf, proxy }) => {
      const answer = then(shelf);
      if (answer.kind === "ok") proxy.setToxics(shelf.live());
      this.#arm();
      return answer;
    });
  }

  async #change<T>(name: string, work: () => Promise<Answer<T>>): Promise<Answer<T>> {
    if (this.#closed) return refused(409, "the fault proxies are being stopped");
    if (this.#changing.has(name)) return refused(409, `${name} is being changed by another call; try again`);
    this.#changing.add(name);
    try {
      const answer = await work();
      // The book was closed meanwhile: what has just been opened goes with it.
      if (this.#closed) await this.#entries.get(name)?.proxy.stop();
      return answer;
    } finally {
      this.#changing.delete(name);
    }
  }

  /** Sets the one timer to the lease that ends first. */
  #arm(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    const next = Math.min(
      Number.POSITIVE_INFINITY,
      ...[...this.#entries.values()].map(({ shelf }) => shelf.nextExpiry()),
    );
    if (this.#closed || !Number.isFinite(next)) return;
    const { ground } = this.#parts;
    this.#callOff = ground.after(Math.max(0, next - ground.clock.now()), () => this.expire(ground.clock.now()));
  }
}

/** Starts the proxy of `entry` as ordered, unless it runs or is not enabled, and notes what it was really given. */
async function bring(entry: Entry, order: ProxyOrder): Promise<Answer<undefined>> {
  entry.order = { ...order, enabled: entry.proxy.running };
  if (!order.enabled || entry.proxy.running) return ok(undefined);
  const bound = await entry.proxy.start(order.listen, order.upstream);
  if (bound.kind === "refused") return bound;
  entry.order = { ...order, listen: bound.value };
  return ok(undefined);
}

const noProxy = (name: string): Answer<never> => refused(404, `proxy not found: ${name}`);

const sameAddress = (a: HostPort, b: HostPort): boolean => a.host === b.host && a.port === b.port;

const isAsOrdered = ({ order }: Entry, wanted: ProxyOrder): boolean =>
  sameAddress(order.listen, wanted.listen) && sameAddress(order.upstream, wanted.upstream);

const shown = ({ order, shelf }: Entry): Proxy => ({
  name: order.name,
  listen: formatHostPort(order.listen),
  upstream: formatHostPort(order.upstream),
  enabled: order.enabled,
  toxics: shelf.toxics(),
});
