/**
 * One direction of a link: from one socket into the other, in order. Without a delay it is a pipe: write, and pause the
 * source while the destination is full. With a delay, chunks wait here until they are due; they are bounded by
 * `maxDelayedBytes`, beyond which the source is paused, so that a slow stream never grows the process.
 */
import type { Socket } from "node:net";
import type { Instant } from "@cordon/model";
import type { Ground } from "./ground.ts";

interface Held {
  readonly chunk: Buffer;
  readonly dueAt: Instant;
}

export class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #ground: Ground;
  readonly #maxDelayedBytes: number;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #endAfterHeld = false;
  #callOff: (() => void) | undefined;

  constructor(from: Socket, to: Socket, ground: Ground, maxDelayedBytes: number) {
    this.#from = from;
    this.#to = to;
    this.#ground = ground;
    this.#maxDelayedBytes = maxDelayedBytes;
    to.on("drain", () => this.#takeMoreOrWait());
  }

  /** Passes bytes on, `delayMs` from now, and never before what came earlier. */
  pass(chunk: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.#held.length === 0) {
      if (!this.#to.write(chunk)) this.#from.pause();
      return;
    }
    this.#held.push({ chunk, dueAt: this.#ground.clock.now() + delayMs });
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= this.#maxDelayedBytes) this.#from.pause();
    if (this.#callOff === undefined) this.#wait();
  }

  /** The source has said its last: so does the destination, once all that waits here is out. */
  end(): void {
    if (this.#held.length === 0) this.#to.end();
    else this.#endAfterHeld = true;
  }

  /** Lets everything that waits go now. */
  flush(): void {
    this.#release(Number.POSITIVE_INFINITY);
  }

  /** Throws away what waits here, an end too, and takes whatever comes. Answers whether anything was lost. */
  discard(): boolean {
    const lost = this.#held.length > 0 || this.#endAfterHeld;
    this.#callOff?.();
    this.#callOff = undefined;
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#endAfterHeld = false;
    this.#from.resume();
    return lost;
  }

  #wait(): void {
    const next = this.#held[0];
    if (next === undefined) return;
    const now = this.#ground.clock.now();
    this.#callOff = this.#ground.after(Math.max(0, next.dueAt - now), () => this.#release(this.#ground.clock.now()));
  }

  /** Lets out what is due, up to the first chunk that is not: one that is due behind it waits, so order stands. */
  #release(now: Instant): void {
    this.#callOff?.();
    this.#callOff = undefined;
    const notDue = this.#held.findIndex((held) => held.dueAt > now);
    for (const { chunk } of this.#held.splice(0, notDue < 0 ? this.#held.length : notDue)) {
      this.#heldBytes -= chunk.length;
      this.#to.write(chunk);
    }
    if (this.#held.length > 0) this.#wait();
    else if (this.#endAfterHeld) this.#to.end();
    this.#takeMoreOrWait();
  }

  #takeMoreOrWait(): void {
    if (this.#to.writableNeedDrain || this.#heldBytes >= this.#maxDelayedBytes) this.#from.pause();
    else this.#from.resume();
  }
}
