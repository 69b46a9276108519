/**
 * One client connection and its upstream connection, and what the toxics do to them. It counts exchanges by turn-taking:
 * the client's first bytes after an answer (or a connect) begin one. Half-closes are passed on, a reset on one side is a
 * reset on the other, and each direction is bounded by backpressure.
 *
 * A stalled link is how a silent partition looks from outside: it takes the client's bytes and gives nothing, and it hides
 * what its upstream does meanwhile, its end included. When the last stalling toxic goes, a link that has lost something
 * is reset, since its exchange can no longer be answered rightly; one that has lost nothing goes on.
 *
 *            fromClient                                         (exchange? chunk?)
 *   client ────────────▶ count ─▶ ask the toxics ─▶ stalled? ─▶ way up ──────▶ upstream
 *   client ◀────── way down ◀── stalled? ◀── ask the toxics ◀─ count ◀──────── upstream
 *                                                                       fromUpstream
 */
import type { Socket } from "node:net";
import type { Counters } from "./counters.ts";
import type { Ground } from "./ground.ts";
import type { LiveToxic } from "./live-toxic.ts";
import type { Bite, Occasion, Stream } from "./toxics/contract.ts";
import { Way } from "./way.ts";

export interface LinkParts {
  /** Counts from 1 within the proxy: with it the coins of this link fall. */
  readonly ordinal: number;
  readonly client: Socket;
  /** Still connecting: what the client sends before it is up waits in its buffer, under backpressure. */
  readonly upstream: Socket;
  readonly counters: Counters;
  readonly ground: Ground;
  readonly maxDelayedBytes: number;
  /** Both sockets are closed. */
  readonly onClosed: () => void;
}

export class Link {
  readonly #parts: LinkParts;
  readonly #up: Way;
  readonly #down: Way;
  #toxics: readonly LiveToxic[] = [];
  /** The client has asked and no answer has begun. */
  #asking = false;
  #exchange = 0;
  readonly #chunks: Record<Stream, number> = { upstream: 0, downstream: 0 };
  readonly #stalledBy = new Set<string>();
  /** While stalled: bytes were swallowed, or the upstream is gone. */
  #lost = false;
  /** Toxics that delay this link, with the last exchange that was counted for them. */
  readonly #delayedBy = new Map<string, number>();
  readonly #resets = new Map<string, () => void>();
  #openSockets = 2;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    const { client, upstream, ground, maxDelayedBytes } = parts;
    this.#up = new Way(client, upstream, ground, maxDelayedBytes);
    this.#down = new Way(upstream, client, ground, maxDelayedBytes);
    this.#watchClient(client, upstream);
    this.#watchUpstream(client, upstream);
  }

  /** Makes these the toxics of the link, at once. Those that stay (the same object) are not asked again. */
  setToxics(toxics: readonly LiveToxic[]): void {
    const wasStalled = this.#stalledBy.size > 0;
    const before = this.#toxics;
    this.#toxics = toxics.filter((toxic) => toxic.touches(this.#parts.ordinal));
    for (const toxic of before) if (!toxics.includes(toxic)) this.#leave(toxic.toxic.name);
    for (const toxic of this.#toxics) if (!before.includes(toxic)) this.#ask(toxic, { at: "link" });
    if (wasStalled && this.#stalledBy.size === 0 && this.#lost) this.#reset();
  }

  /** Closes both connections now. */
  close(): void {
    this.#parts.client.destroy();
    this.#parts.upstream.destroy();
  }

  #fromClient(chunk: Buffer): void {
    const { counters, ground } = this.#parts;
    counters.bytesUp += chunk.length;
    if (!this.#asking) {
      this.#asking = true;
      this.#exchange += 1;
      counters.exchange(ground.clock.now());
      if (this.#toxics.length > 0) this.#askAll({ at: "exchange", exchange: this.#exchange });
    }
    const delayMs = this.#toxics.length > 0 ? this.#delayOf("upstream") : 0;
    if (this.#stalledBy.size > 0) this.#lost = true;
    else this.#up.pass(chunk, delayMs);
  }

  #fromUpstream(chunk: Buffer): void {
    this.#parts.counters.bytesDown += chunk.length;
    const delayMs = this.#toxics.length > 0 ? this.#delayOf("downstream") : 0;
    if (this.#stalledBy.size > 0) {
      this.#lost = true;
      return;
    }
    this.#asking = false;
    this.#down.pass(chunk, delayMs);
  }

  #watchClient(client: Socket, upstream: Socket): void {
    let ended = false;
    client.on("data", (chunk: Buffer) => this.#fromClient(chunk));
    client.on("end", () => {
      ended = true;
      // Nobody will ever answer here, and a client that has gone looks the same as one that has only finished speaking:
      // keeping every stalled link whose client gave up would fill the proxy within seconds of a real outage.
      if (this.#stalledBy.size > 0) this.close();
      else this.#up.end();
    });
    client.on("error", () => cut(upstream));
    client.on("close", () => {
      if (!ended) upstream.destroy();
      this.#closed();
    });
  }

  #watchUpstream(client: Socket, upstream: Socket): void {
    let connected = false;
    let ended = false;
    upstream.on("connect", () => {
      connected = true;
    });
    upstream.on("data", (chunk: Buffer) => this.#fromUpstream(chunk));
    upstream.on("end", () => {
      ended = true;
      if (this.#stalledBy.size > 0) upstream.destroy();
      else this.#down.end();
    });
    upstream.on("error", () => {
      if (this.#stalledBy.size > 0) return;
      // Refused: nothing was there to reset, so the client is closed, as Toxiproxy does.
      if (connected) cut(client);
      else client.destroy();
    });
    upstream.on("close", () => {
      if (this.#stalledBy.size > 0) this.#lost = true;
      else if (!ended) client.destroy();
      this.#closed();
    });
  }

  #closed(): void {
    this.#openSockets -= 1;
    if (this.#openSockets > 0) return;
    for (const callOff of this.#resets.values()) callOff();
    this.#up.discard();
    this.#down.discard();
    this.#parts.onClosed();
  }

  #askAll(occasion: Occasion): number {
    let delayMs = 0;
    for (const toxic of this.#toxics) delayMs += this.#ask(toxic, occasion);
    return delayMs;
  }

  #delayOf(stream: Stream): number {
    this.#chunks[stream] += 1;
    return this.#askAll({ at: "chunk", stream, chunk: this.#chunks[stream] });
  }

  /** Asks one toxic and does what it says. Answers the delay it wants, 0 for none. */
  #ask(live: LiveToxic, occasion: Occasion): number {
    const { name } = live.toxic;
    const bite: Bite = live.bite(this.#parts.ordinal, occasion);
    switch (bite.do) {
      case "pass":
        return 0;
      case "stall":
        this.#stall(name);
        return 0;
      case "delay":
        if (bite.ms > 0 && this.#delayedBy.get(name) !== this.#exchange) {
          this.#delayedBy.set(name, this.#exchange);
          this.#parts.counters.bit(name);
        }
        return bite.ms;
      case "reset":
        this.#resetLater(name, bite.afterMs);
        return 0;
    }
  }

  #stall(name: string): void {
    if (this.#stalledBy.has(name)) return;
    this.#stalledBy.add(name);
    this.#parts.counters.bit(name);
    const lostUp = this.#up.discard();
    const lostDown = this.#down.discard();
    if (lostUp || lostDown) this.#lost = true;
  }

  #resetLater(name: string, afterMs: number): void {
    const reset = (): void => {
      this.#parts.counters.bit(name);
      this.#reset();
    };
    if (afterMs === 0) reset();
    else this.#resets.set(name, this.#parts.ground.after(afterMs, reset));
  }

  /** A toxic has gone: what it held is let go, what it was about to do is called off. */
  #leave(name: string): void {
    this.#stalledBy.delete(name);
    this.#resets.get(name)?.();
    this.#resets.delete(name);
    if (!this.#delayedBy.delete(name)) return;
    this.#up.flush();
    this.#down.flush();
  }

  #reset(): void {
    cut(this.#parts.client);
    cut(this.#parts.upstream);
  }
}

/**
 * Closes with a TCP RST. The kernel refuses one while a FIN is on its way behind unsent bytes, and there is nothing to
 * reset before the connect is through: there a plain close is all that can be done.
 */
function cut(socket: Socket): void {
  const finishing = socket.writableEnded && !socket.writableFinished;
  if (socket.destroyed || socket.connecting || finishing) socket.destroy();
  else socket.resetAndDestroy();
}
