/**
 * One client connection and its upstream connection, and what the toxics do to them. It counts exchanges by turn-taking:
 * the client's first bytes after an answer (or a connect) begin one. Half-closes are passed on, a reset on one side is a
 * reset on the other, and each direction is bounded by backpressure. A dial that hangs is given up after a time.
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
import { carry, type Piece } from "./carry.ts";
import type { Counters } from "./counters.ts";
import type { Ground } from "./ground.ts";
import { Harm } from "./harm.ts";
import type { LiveToxic } from "./live-toxic.ts";
import type { Bite, Stream } from "./toxics/contract.ts";
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
  /** How long the upstream may take to connect. */
  readonly dialTimeoutMs: number;
  /** Both sockets are closed. */
  readonly onClosed: () => void;
}

export class Link {
  readonly #parts: LinkParts;
  readonly #ways: Readonly<Record<Stream, Way>>;
  readonly #harm = new Harm();
  #toxics: readonly LiveToxic[] = [];
  /** The client has asked and no answer has begun. */
  #asking = false;
  #exchange = 0;
  readonly #chunks: Record<Stream, number> = { upstream: 0, downstream: 0 };
  /** While stalled: bytes were swallowed, or the upstream is gone. */
  #lost = false;
  /** A limit was reached: what comes now is dropped, and behind what waits the link is closed. */
  #dropping = false;
  /** It is being closed in order: each side has its end coming, and is not to be cut off because the other has gone. */
  #closing = false;
  #openSockets = 2;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    const { client, upstream, ground, maxDelayedBytes } = parts;
    this.#ways = {
      upstream: new Way(client, upstream, ground, maxDelayedBytes),
      downstream: new Way(upstream, client, ground, maxDelayedBytes),
    };
    this.#watchClient(client, upstream);
    this.#watchUpstream(client, upstream);
  }

  /** Bytes that were given to the system, each way, so far. */
  get delivered(): Readonly<Record<Stream, number>> {
    return { upstream: this.#ways.upstream.delivered, downstream: this.#ways.downstream.delivered };
  }

  /** Makes these the toxics of the link, at once. Those that stay (the same object) are not asked again. */
  setToxics(toxics: readonly LiveToxic[], isNew: boolean): void {
    const wasStalled = this.#harm.isStalled;
    const before = this.#toxics;
    this.#toxics = toxics.filter((toxic) => toxic.touches(this.#parts.ordinal));
    let freed = false;
    for (const toxic of before) if (!toxics.includes(toxic)) freed = this.#leave(toxic) || freed;
    for (const toxic of this.#toxics) {
      if (!before.includes(toxic)) this.#do(toxic.toxic.name, toxic.onLink(this.#parts.ordinal, isNew));
    }
    this.#harm.keepLines(this.#toxics);
    if (wasStalled && !this.#harm.isStalled && this.#lost) this.#reset();
    else if (freed && !this.#harm.isSwallowing) this.#closeInOrder();
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
      for (const toxic of this.#toxics) {
        this.#do(toxic.toxic.name, toxic.onExchange(this.#parts.ordinal, this.#exchange));
      }
    }
    this.#pass("upstream", chunk);
  }

  #fromUpstream(chunk: Buffer): void {
    this.#parts.counters.bytesDown += chunk.length;
    if (!this.#harm.swallows("downstream")) this.#asking = false;
    this.#pass("downstream", chunk);
  }

  #pass(stream: Stream, chunk: Buffer): void {
    this.#chunks[stream] += 1;
    if (this.#dropping) return;
    if (this.#harm.swallows(stream)) this.#lost = true;
    else if (this.#toxics.length === 0) this.#ways[stream].pass(chunk);
    else this.#carry(stream, chunk);
  }

  /** Asks the toxics, one after the other, what becomes of the chunk, and sends it on its way. */
  #carry(stream: Stream, chunk: Buffer): void {
    const { ordinal, ground } = this.#parts;
    const place = { stream, chunk: this.#chunks[stream] };
    let pieces: readonly Piece[] = [{ bytes: chunk.length, dueAt: ground.clock.now() }];
    let closes = false;
    let bitten = false;
    for (const toxic of this.#toxics) {
      const line = this.#harm.line(toxic, stream);
      const carried = carry(pieces, line, (offset, bytes) => toxic.onChunk(ordinal, { ...place, offset, bytes }));
      pieces = carried.pieces;
      this.#harm.setLine(toxic, stream, carried.line);
      closes ||= carried.closes;
      bitten ||= carried.bitten;
      if (carried.bitten && this.#harm.delays(toxic.toxic.name, this.#exchange)) {
        this.#parts.counters.bit(toxic.toxic.name);
      }
    }
    if (bitten) this.#ways[stream].hold(chunk, pieces);
    else this.#ways[stream].pass(chunk);
    if (!closes) return;
    this.#dropping = true;
    this.#ways[stream].finish(Number.NEGATIVE_INFINITY, () => this.#closeInOrder());
  }

  #watchClient(client: Socket, upstream: Socket): void {
    let ended = false;
    client.on("data", (chunk: Buffer) => this.#fromClient(chunk));
    client.on("end", () => {
      ended = true;
      // Nobody will ever answer here, and a client that has gone looks the same as one that has only finished speaking:
      // keeping every stalled link whose client gave up would fill the proxy within seconds of a real outage.
      if (this.#harm.isStalled) this.close();
      else if (this.#harm.swallows("upstream")) this.#closeInOrder();
      else this.#end("upstream", upstream);
    });
    client.on("error", () => cut(upstream));
    client.on("close", () => {
      if (!ended && !this.#closing) upstream.destroy();
      this.#closed();
    });
  }

  #watchUpstream(client: Socket, upstream: Socket): void {
    const giveUp = this.#parts.ground.after(this.#parts.dialTimeoutMs, () => upstream.destroy());
    let connected = false;
    let ended = false;
    upstream.on("connect", () => {
      connected = true;
      giveUp();
    });
    upstream.on("data", (chunk: Buffer) => this.#fromUpstream(chunk));
    upstream.on("end", () => {
      ended = true;
      if (this.#harm.isStalled) upstream.destroy();
      else if (this.#harm.swallows("downstream")) this.#closeInOrder();
      else this.#end("downstream", client);
    });
    upstream.on("error", () => {
      if (this.#harm.isStalled) return;
      // Refused: nothing was there to reset, so the client is closed, as Toxiproxy does.
      if (connected) cut(client);
      else client.destroy();
    });
    upstream.on("close", () => {
      giveUp();
      if (this.#harm.isStalled) this.#lost = true;
      else if (!ended && !this.#closing) client.destroy();
      this.#closed();
    });
  }

  /** One side has finished speaking: the other is told, behind all that waits, and as late as the toxics want. */
  #end(stream: Stream, to: Socket): void {
    if (this.#dropping) return;
    let heldMs = 0;
    for (const toxic of this.#toxics) {
      const bite = toxic.onEnd(this.#parts.ordinal, stream);
      if (bite.do !== "hold-end") continue;
      heldMs += bite.ms;
      this.#harm.delays(toxic.toxic.name, this.#exchange);
      this.#parts.counters.bit(toxic.toxic.name);
    }
    this.#ways[stream].finish(this.#parts.ground.clock.now() + heldMs, () => to.end());
  }

  #closed(): void {
    this.#openSockets -= 1;
    if (this.#openSockets > 0) return;
    this.#harm.callOffAll();
    this.#ways.upstream.discard();
    this.#ways.downstream.discard();
    this.#parts.onClosed();
  }

  /** Does what a toxic says about the link or an exchange. */
  #do(name: string, bite: Bite): void {
    const { counters, ground } = this.#parts;
    switch (bite.do) {
      case "stall":
        this.#swallow(name, "both");
        return;
      case "swallow":
        this.#swallow(name, bite.stream);
        if (Number.isFinite(bite.closeAfterMs)) {
          this.#harm.setTimer(
            name,
            ground.after(bite.closeAfterMs, () => this.#closeInOrder()),
          );
        }
        return;
      case "reset": {
        const reset = (): void => {
          counters.bit(name);
          this.#reset();
        };
        if (bite.afterMs === 0) reset();
        else this.#harm.setTimer(name, ground.after(bite.afterMs, reset));
        return;
      }
      // Said of bytes and of ends alone, and done where those are asked about.
      case "pass":
      case "carry":
      case "hold-end":
    }
  }

  #swallow(name: string, streams: Stream | "both"): void {
    if (!this.#harm.swallow(name, streams)) return;
    this.#parts.counters.bit(name);
    for (const stream of ["upstream", "downstream"] as const) {
      if (this.#harm.swallows(stream) && this.#ways[stream].discard()) this.#lost = true;
    }
  }

  /** A toxic has gone: what it held is let go, what it was about to do is called off. Answers whether it swallowed one stream. */
  #leave({ toxic: { name } }: LiveToxic): boolean {
    const { freed, delayed } = this.#harm.leave(name);
    if (delayed) {
      this.#ways.upstream.flush();
      this.#ways.downstream.flush();
    }
    return freed;
  }

  /** Sends what is on its way and the end behind it, on both sides. */
  #closeInOrder(): void {
    this.#dropping = true;
    this.#closing = true;
    this.#parts.client.destroySoon();
    this.#parts.upstream.destroySoon();
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
