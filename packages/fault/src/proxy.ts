/**
 * A fault proxy: one door in front of one upstream, and the links between them. It stands on every arrow that a drill
 * may break, and while no toxic is on it, it is a pipe.
 *
 *   clients                      FaultProxy (listen)                             upstream
 *      │  connect ┌──────────────────────────────────────────────┐  dial at once     │
 *      ├─────────▶│ link 1: client socket ⇄ ways ⇄ upstream socket├─────────────────▶│
 *      ├─────────▶│ link 2:        ...toxics are asked here...    ├─────────────────▶│
 *      ╳─────────▶│ beyond `maxOpenLinks`: RST, not a link        │                  │
 *                 └──────────────────────────────────────────────┘
 *
 * Invariants: a toxic added or removed acts on every live link before the call returns (the door takes a moment more, see
 * `settled`); nothing here waits for a dial; after `stop` neither listener nor link is left. Counters and ordinals outlive
 * a stop and a new start.
 */
import { connect, type Socket } from "node:net";
import type { ProxyCounters } from "@cordon/model";
import type { Answer } from "./answer.ts";
import { createCounters, type Counters, type SecondCount } from "./counters.ts";
import { Door } from "./door.ts";
import type { Ground } from "./ground.ts";
import { dialled, type HostPort } from "./host-port.ts";
import { Link } from "./link.ts";
import type { LiveToxic } from "./live-toxic.ts";

/** How long an upstream may take to connect; then the client is closed, as when it refuses. */
const dialTimeoutMs = 10_000;

export interface ProxyBounds {
  /** Links of one proxy that may be open at once; a further connection is reset. */
  readonly maxOpenLinks: number;
  /** Bytes that may wait out a delay in one direction of a link; beyond them its source is paused. */
  readonly maxDelayedBytes: number;
}

export class FaultProxy {
  readonly #counters: Counters;
  readonly #bounds: ProxyBounds;
  readonly #ground: Ground;
  readonly #door: Door;
  readonly #links = new Set<Link>();
  /** Where links lead; undefined while it is stopped. */
  #upstream: HostPort | undefined;
  #toxics: readonly LiveToxic[] = [];
  #ordinal = 0;
  #onEmpty: () => void = () => {};

  constructor(bounds: ProxyBounds, ground: Ground) {
    this.#bounds = bounds;
    this.#ground = ground;
    this.#door = new Door(ground, (client) => this.#accept(client));
    this.#counters = createCounters(ground.clock.now());
  }

  /** Whether it was started, and not stopped since. */
  get running(): boolean {
    return this.#upstream !== undefined;
  }

  counters(): ProxyCounters {
    return this.#counters.snapshot([...this.#links].map(({ delivered }) => delivered));
  }

  /** How often the toxic of this name has bitten. */
  bites(toxic: string): number {
    return this.#counters.bites(toxic);
  }

  seconds(): SecondCount[] {
    return this.#counters.seconds(this.#ground.clock.now());
  }

  /** Listens, and answers with the address that was really bound. Refused (409) when the address is not to be had. */
  async start(listen: HostPort, upstream: HostPort): Promise<Answer<HostPort>> {
    this.#upstream = upstream;
    const opened = await this.#door.open(listen);
    if (opened.kind === "refused") this.#upstream = undefined;
    return opened;
  }

  /** Starts where it stood before, now or as soon as the address is free again: nobody waits for an answer. */
  restart(listen: HostPort, upstream: HostPort): void {
    this.#upstream = upstream;
    this.#door.reopen(listen);
  }

  /** Closes the door and every link. */
  async stop(): Promise<void> {
    this.#upstream = undefined;
    const shut = this.#door.shut();
    const emptied = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const link of this.#links) link.close();
    await shut;
    if (this.#links.size > 0) await emptied;
  }

  /** Makes these the toxics of every link, now and to come. */
  setToxics(toxics: readonly LiveToxic[]): void {
    const before = this.#toxics;
    this.#toxics = toxics;
    for (const link of this.#links) link.setToxics(toxics, false);
    const dropping = toxics.filter(({ toxic: { type, toxicity } }) => type === "syn_drop" && toxicity > 0);
    // Nobody can count SYNs that the kernel has dropped: it counts as one bite that connects are dropped from now on.
    for (const live of dropping) if (!before.includes(live)) this.#counters.bit(live.toxic.name);
    this.#door.setDeaf(dropping.length > 0);
  }

  /** Resolves when the door stands as the toxics want it. Refused (409) when it could not, and is to be tried again. */
  settled(): Promise<Answer<undefined>> {
    return this.#door.settled();
  }

  #accept(client: Socket): void {
    const to = this.#upstream;
    if (this.#links.size >= this.#bounds.maxOpenLinks || to === undefined) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    this.#ordinal += 1;
    this.#counters.linkOpened();
    const link = new Link({
      ordinal: this.#ordinal,
      client,
      upstream: connect({ ...dialled(to), allowHalfOpen: true, noDelay: true }),
      counters: this.#counters,
      ground: this.#ground,
      maxDelayedBytes: this.#bounds.maxDelayedBytes,
      dialTimeoutMs,
      onClosed: () => {
        this.#links.delete(link);
        this.#counters.linkClosed(link.delivered);
        if (this.#links.size === 0) this.#onEmpty();
      },
    });
    this.#links.add(link);
    if (this.#toxics.length > 0) link.setToxics(this.#toxics, true);
  }
}
