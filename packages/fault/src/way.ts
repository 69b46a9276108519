/**
 * One direction of a link: from one socket into the other, in order. Without a toxic it is a pipe: write, and pause the
 * source while the destination is full. What a toxic delays or cuts waits here until it is due, and goes out piece by
 * piece, each written when the system has taken the one before; what waits is bounded by `maxDelayedBytes`, beyond which
 * the source is paused, so that a slow stream never grows the process.
 */
import type { Socket } from "node:net";
import type { Instant } from "@cordon/model";
import type { Piece } from "./carry.ts";
import type { Ground } from "./ground.ts";

interface Held {
  readonly chunk: Buffer;
  readonly dueAt: Instant;
}

/** What a piece that waits costs beside its bytes; counted, so that a million tiny ones are bounded too. */
const pieceOverheadBytes = 256;
/** Pieces that have gone are cut off the list when they are so many, so that it costs little and stays short. */
const cutOffAfter = 1024;

/** Below it a chunk is left to the collector, which is quicker with what is small. */
const largeChunkBytes = 16_384;

export class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #ground: Ground;
  readonly #maxDelayedBytes: number;
  #held: Held[] = [];
  /** The first piece of `#held` that has not gone. */
  #head = 0;
  #heldBytes = 0;
  /** A piece was written and the system has not taken it yet. */
  #writing = false;
  /** What is done once all that waits is out: the destination's end, or the close of the link. */
  #last: { readonly dueAt: Instant; readonly act: () => void } | undefined;
  #callOff: (() => void) | undefined;

  constructor(from: Socket, to: Socket, ground: Ground, maxDelayedBytes: number) {
    this.#from = from;
    this.#to = to;
    this.#ground = ground;
    this.#maxDelayedBytes = maxDelayedBytes;
    to.on("drain", () => this.#takeMoreOrWait());
  }

  /** Bytes that were given to the system for the destination. What it still had to send when a link was cut counts. */
  get delivered(): number {
    return this.#to.bytesWritten - this.#to.writableLength;
  }

  /**
   * Passes a chunk on at once, or behind what waits; the chunk is ours from here on. This is the hot path. A full chunk is
   * more than the destination wants to hold, so that its write always says to wait, also when the system has taken it
   * already; then nobody waits, and nobody needs its memory any more.
   */
  pass(chunk: Buffer): void {
    if (!this.#isEmpty) {
      this.hold(chunk, [{ bytes: chunk.length, dueAt: Number.NEGATIVE_INFINITY }]);
      return;
    }
    const isRoom = this.#to.write(chunk);
    const isTaken = this.#to.writableLength === 0;
    if (isTaken && chunk.length >= largeChunkBytes) free(chunk);
    else if (!isRoom && !isTaken) this.#from.pause();
  }

  /** Passes a chunk on in pieces, each when it is due and never before what came earlier. */
  hold(chunk: Buffer, pieces: readonly Piece[]): void {
    const wasEmpty = this.#isEmpty;
    let from = 0;
    for (const { bytes, dueAt } of pieces) {
      this.#held.push({ chunk: chunk.subarray(from, from + bytes), dueAt });
      this.#heldBytes += bytes + pieceOverheadBytes;
      from += bytes;
    }
    if (this.#heldBytes >= this.#maxDelayedBytes) this.#from.pause();
    if (wasEmpty) this.#release();
  }

  /** The source has said its last: `act` follows when all that waits is out, and not before `dueAt`. */
  finish(dueAt: Instant, act: () => void): void {
    this.#last = { dueAt, act };
    if (this.#isEmpty) this.#release();
  }

  /** Lets everything that waits go now. */
  flush(): void {
    this.#stopWaiting();
    const waiting = this.#held.slice(this.#head);
    this.#forget();
    for (const { chunk } of waiting) this.#to.write(chunk);
    if (this.#last !== undefined) this.#last = { ...this.#last, dueAt: Number.NEGATIVE_INFINITY };
    this.#release();
  }

  /** Throws away what waits here, an end too, and takes whatever comes. Answers whether anything was lost. */
  discard(): boolean {
    const lost = this.#head < this.#held.length || this.#last !== undefined;
    this.#stopWaiting();
    this.#forget();
    this.#last = undefined;
    this.#from.resume();
    return lost;
  }

  get #isEmpty(): boolean {
    return this.#head === this.#held.length && !this.#writing;
  }

  /** Lets out what is due, in order, one piece after the other; then waits for the next. */
  #release(): void {
    this.#stopWaiting();
    if (this.#writing) return;
    const next = this.#held[this.#head];
    const dueAt = next?.dueAt ?? this.#last?.dueAt;
    if (dueAt !== undefined && dueAt > this.#ground.clock.now()) this.#waitUntil(dueAt);
    else if (next !== undefined) this.#write(next);
    else this.#finished();
    this.#takeMoreOrWait();
  }

  #write({ chunk }: Held): void {
    this.#head += 1;
    if (this.#head >= cutOffAfter) {
      this.#held = this.#held.slice(this.#head);
      this.#head = 0;
    }
    this.#heldBytes -= chunk.length + pieceOverheadBytes;
    this.#writing = true;
    this.#to.write(chunk, (error) => {
      this.#writing = false;
      // The destination has gone: what waits has nowhere to go.
      if (error) this.#forget();
      this.#release();
    });
  }

  #finished(): void {
    const act = this.#last?.act;
    this.#last = undefined;
    act?.();
  }

  #waitUntil(dueAt: Instant): void {
    if (!Number.isFinite(dueAt)) return;
    this.#callOff = this.#ground.after(dueAt - this.#ground.clock.now(), () => this.#release());
  }

  #stopWaiting(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #forget(): void {
    this.#held = [];
    this.#head = 0;
    this.#heldBytes = 0;
  }

  #takeMoreOrWait(): void {
    if (this.#to.writableNeedDrain || this.#heldBytes >= this.#maxDelayedBytes) this.#from.pause();
    else this.#from.resume();
  }
}

/**
 * Gives the memory of a chunk back at once. Node reads each into a new 64 KiB; left to the collector, these make it go
 * through the whole heap of this service several times a second while somebody sends much.
 */
function free({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
