/**
 * The book of proxies: which there are, where they listen, what toxics stand on them and until when. It is the one owner
 * of every proxy; the API only speaks to it. Leases run out here: the toxic is taken away, the disabled proxy enabled, and
 * `lease-expired` is said, so that no fault outlives whoever ordered it by more than its lease.
 * Invariants: at most one change of a proxy's listener is under way at a time, a second one is refused and not queued;
 * toxics come and go without waiting for anything; `close` leaves no listener, no link and no timer.
 */
import type { Instant, Proxy, ProxyCounters, Toxic, ToxicState } from "@cordon/model";
import { ok, refused, type Answer } from "./answer.ts";
import type { SecondCount } from "./counters.ts";
import { canDropSyns } from "./deaf-door.ts";
import {
  bring,
  changed,
  enableAgain,
  isAsOrdered,
  putBack,
  sameAddress,
  shownProxy,
  shownToxic,
  type Entry,
  type ProxyChange,
  type ProxyOrder,
} from "./entry.ts";
import type { Ground } from "./ground.ts";
import { FaultProxy, type ProxyBounds } from "./proxy.ts";
import { createShelf, type Shelf } from "./shelf.ts";

/** Proxies that drop connects at once: each costs a thread. */
const maxDeafDoors = 16;

export interface BookBounds extends ProxyBounds {
  readonly maxProxies: number;
  readonly maxToxicsPerProxy: number;
}

export interface BookParts {
  /** With it every coin falls. */
  readonly seed: string;
  readonly bounds: BookBounds;
  readonly ground: Ground;
  /** A lease ran out: its toxic was taken away, or, without one, the disabled proxy was enabled. */
  readonly onExpired: (proxy: string, toxic: Toxic | undefined) => void;
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
    return [...this.#entries.values()].map((entry) => shownProxy(entry, this.#now));
  }

  get(name: string): Answer<Proxy> {
    return this.#with(name, (entry) => ok(shownProxy(entry, this.#now)));
  }

  counters(name: string): Answer<ProxyCounters> {
    return this.#with(name, (entry) => ok(entry.proxy.counters()));
  }

  seconds(name: string): Answer<SecondCount[]> {
    return this.#with(name, (entry) => ok(entry.proxy.seconds()));
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
      const disabledUntil = Number.POSITIVE_INFINITY;
      const entry: Entry = { order, disabledUntil, proxy: new FaultProxy(bounds, ground), shelf };
      const started = await bring(entry, order, this.#now);
      if (started.kind === "refused") return started;
      this.#entries.set(order.name, entry);
      this.#arm();
      return ok(shownProxy(entry, this.#now));
    });
  }

  /**
   * Enables, disables or moves a proxy; its toxics, counters and ordinals stay. 409: the address is not to be had, and the
   * proxy stands as before, its lease too; only the links of one that was to move are closed.
   */
  async update(name: string, change: ProxyChange): Promise<Answer<Proxy>> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return noProxy(name);
    return this.#change(name, async () => {
      const stood = { order: entry.order, disabledUntil: entry.disabledUntil };
      const order = changed(entry.order, change);
      entry.disabledUntil = Number.POSITIVE_INFINITY;
      const moved =
        !sameAddress(order.listen, entry.order.listen) || !sameAddress(order.upstream, entry.order.upstream);
      if (moved || !order.enabled) await entry.proxy.stop();
      const started = await bring(entry, order, this.#now);
      if (started.kind === "refused") await putBack(entry, stood);
      this.#arm();
      return started.kind === "refused" ? started : ok(shownProxy(entry, this.#now));
    });
  }

  async remove(name: string): Promise<Answer<undefined>> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return noProxy(name);
    return this.#change(name, async () => {
      entry.disabledUntil = Number.POSITIVE_INFINITY;
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

  /** Takes every toxic away and enables every proxy. One that cannot be enabled keeps none of the others from it. */
  async reset(): Promise<Answer<undefined>> {
    let answer: Answer<undefined> = ok(undefined);
    for (const entry of this.#entries.values()) {
      entry.shelf.clear();
      entry.proxy.setToxics([]);
    }
    this.#arm();
    for (const [name, { proxy }] of this.#entries) {
      const enabled = await this.update(name, { enabled: true });
      const settled = enabled.kind === "refused" ? enabled : await proxy.settled();
      if (answer.kind === "ok") answer = settled;
    }
    return answer;
  }

  toxics(proxy: string): Answer<ToxicState[]> {
    return this.#with(proxy, (entry) => ok(entry.shelf.toxics().map((toxic) => shownToxic(entry, toxic, this.#now))));
  }

  toxic(proxy: string, name: string): Answer<ToxicState> {
    return this.#with(proxy, (entry) => {
      const answer = entry.shelf.get(name);
      return answer.kind === "refused" ? answer : ok(shownToxic(entry, answer.value, this.#now));
    });
  }

  addToxic(proxy: string, toxic: Toxic, now: Instant): Answer<ToxicState> {
    const refusal = toxic.type === "syn_drop" ? this.#cannotDrop(proxy) : undefined;
    return refusal ?? this.#withToxics(proxy, (shelf) => shelf.add(toxic, now));
  }

  replaceToxic(proxy: string, toxic: Toxic, now: Instant): Answer<ToxicState> {
    return this.#withToxics(proxy, (shelf) => shelf.replace(toxic, now));
  }

  removeToxic(proxy: string, name: string): Answer<ToxicState> {
    return this.#withToxics(proxy, (shelf) => shelf.remove(name));
  }

  /** Resolves when the proxy's door stands as its toxics want it: at once, but for those that drop connects. */
  async settled(name: string): Promise<Answer<undefined>> {
    return this.#entries.get(name)?.proxy.settled() ?? ok(undefined);
  }

  /** Takes away every toxic whose lease has ended by `now`, and enables every proxy that was disabled until then. */
  expire(now: Instant): void {
    for (const [name, entry] of this.#entries) {
      const ended = entry.shelf.expire(now);
      if (ended.length > 0) entry.proxy.setToxics(entry.shelf.live());
      for (const toxic of ended) this.#parts.onExpired(name, toxic);
      if (entry.disabledUntil > now) continue;
      enableAgain(entry);
      this.#parts.onExpired(name, undefined);
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

  get #now(): Instant {
    return this.#parts.ground.clock.now();
  }

  #withToxics(name: string, then: (shelf: Shelf) => Answer<Toxic>): Answer<ToxicState> {
    return this.#with(name, (entry) => {
      const answer = then(entry.shelf);
      if (answer.kind === "ok") entry.proxy.setToxics(entry.shelf.live());
      this.#arm();
      return answer.kind === "refused" ? answer : ok(shownToxic(entry, answer.value, this.#now));
    });
  }

  #cannotDrop(proxy: string): Answer<never> | undefined {
    if (!canDropSyns)
      return refused(400, "syn_drop needs Linux: take silent, or disable the proxy, for one that refuses");
    const others = [...this.#entries].filter(
      ([name, { shelf }]) => name !== proxy && shelf.toxics().some(({ type }) => type === "syn_drop"),
    );
    if (others.length < maxDeafDoors) return undefined;
    return refused(409, `too many proxies drop connects: there are ${maxDeafDoors}, the bound; remove one toxic first`);
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
      ...[...this.#entries.values()].map(({ shelf, disabledUntil }) => Math.min(shelf.nextExpiry(), disabledUntil)),
    );
    if (this.#closed || !Number.isFinite(next)) return;
    this.#callOff = this.#parts.ground.after(Math.max(0, next - this.#now), () => this.expire(this.#now));
  }
}

const noProxy = (name: string): Answer<never> => refused(404, `proxy not found: ${name}`);
