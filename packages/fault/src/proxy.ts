/**
 * A fault proxy: one listener in front of one upstream, and the links between them. It stands on every arrow that a drill
 * may break, and while no toxic is on it, it is a pipe.
 *
 *   clients                      FaultProxy (listen)                             upstream
 *      │  connect ┌──────────────────────────────────────────────┐  dial at once     │
 *      ├─────────▶│ link 1: client socket ⇄ ways ⇄ upstream socket├─────────────────▶│
 *      ├─────────▶│ link 2:        ...toxics are asked here...    ├─────────────────▶│
 *      ╳─────────▶│ beyond `maxOpenLinks`: RST, not a link        │                  │
 *                 └──────────────────────────────────────────────┘
 *
 * Invariants: a toxic added or removed acts on every live link before the call returns; nothing here waits for a dial;
 * after `stop` neither listener nor link is left. Counters and ordinals outlive a stop and a new start.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Answer } from "./answer.ts";
import { ok, refused } from "./answer.ts";
import { formatHostPort, type HostPort } from "./host-port.ts";
import { createCounters, type Counters } from "./counters.ts";
import type { Ground } from "./ground.ts";
import { Link } from "./link.ts";
import type { LiveToxic } from "./live-toxic.ts";

export interface ProxyBounds {
  /** Links of one proxy that may be open at once; a further connection is reset. */
  readonly maxOpenLinks: number;
  /** Bytes that may wait out a delay in one direction of a link; beyond them its source is paused. */
  readonly maxDelayedBytes: number;
}

export class FaultProxy {
  readonly counters: Counters;
  readonly #bounds: ProxyBounds;
  readonly #ground: Ground;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #toxics: readonly LiveToxic[] = [];
  #ordinal = 0;
  #onEmpty: () => void = () => {};

  constructor(bounds: ProxyBounds, ground: Ground) {
    this.#bounds = bounds;
    this.#ground = ground;
    this.counters = createCounters(ground.clock.now());
  }

  /** Whether it listens. */
  get running(): boolean {
    return this.#server !== undefined;
  }

  /** Listens, and answers with the address that was really bound. Refused (409) when the address is not to be had. */
  async start(listen: HostPort, upstream: HostPort): Promise<Answer<HostPort>> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client, upstream));
    const failure = await new Promise<Error | undefined>((resolve) => {
      server.once("error", resolve);
      server.listen(listen.port, listen.host, () => {
        this.#server = server;
        resolve(undefined);
      });
    });
    if (failure !== undefined) {
      const code = "code" in failure ? String(failure.code) : failure.message;
      return refused(
        409,
        `cannot listen on ${formatHostPort(listen)} (${code}); give a free address, or port 0 for any`,
      );
    }
    // What can still go wrong with a bound listener (no file descriptor left) ends one accept, not the proxy.
    server.on("error", () => {});
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("a TCP listener has no TCP address");
    return ok({ host: listen.host, port: bound.port });
  }

  /** Closes the listener and every link. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const emptied = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const link of this.#links) link.close();
    await closed;
    if (this.#links.size > 0) await emptied;
  }

  /** Makes these the toxics of every link, now and to come. */
  setToxics(toxics: readonly LiveToxic[]): void {
    this.#toxics = toxics;
    for (const link of this.#links) link.setToxics(toxics);
  }

  #accept(client: Socket, to: HostPort): void {
    if (this.#links.size >= this.#bounds.maxOpenLinks || this.#server === undefined) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    this.#ordinal += 1;
    this.counters.linkOpened();
    const upstream = connect({ host: to.host, port: to.port, allowHalfOpen: true, noDelay: true });
    const link = new Link({
      ordinal: this.#ordinal,
      client,
      upstream,
      counters: this.counters,
      ground: this.#ground,
      maxDelayedBytes: this.#bounds.maxDelayedBytes,
      onClosed: () => {
        this.#links.delete(link);
        this.counters.linkClosed();
        if (this.#links.size === 0) this.#onEmpty();
      },
    });
    this.#links.add(link);
    if (this.#toxics.length > 0) link.setToxics(this.#toxics);
  }
}
