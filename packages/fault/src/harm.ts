/**
 * What the toxics have done to one link and not undone yet: which streams they swallow, whom they delay, what they are
 * about to do, and how far they have got on each stream. It decides nothing and touches no socket.
 * Invariant: all of it goes when the toxic goes; a line stays for a changed toxic of the same name and type, so that
 * changing a limit begins no new count.
 */
import { newLine, type Line } from "./carry.ts";
import type { LiveToxic } from "./live-toxic.ts";
import type { Stream } from "./toxics/contract.ts";

interface Lines {
  readonly type: string;
  readonly upstream: Line;
  readonly downstream: Line;
}

export class Harm {
  readonly #swallowing = new Map<string, Stream | "both">();
  /** Toxics that delay this link, with the last exchange that was counted for them. */
  readonly #delaying = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();
  readonly #lines = new Map<string, Lines>();
  #stalls = 0;

  /** Nothing passes either way, and no end is told. */
  get isStalled(): boolean {
    return this.#stalls > 0;
  }

  get isSwallowing(): boolean {
    return this.#swallowing.size > 0;
  }

  swallows(stream: Stream): boolean {
    if (this.#swallowing.size === 0) return false;
    return this.#stalls > 0 || [...this.#swallowing.values()].includes(stream);
  }

  /** Notes that `name` swallows. False when it did already. */
  swallow(name: string, streams: Stream | "both"): boolean {
    if (this.#swallowing.has(name)) return false;
    this.#swallowing.set(name, streams);
    if (streams === "both") this.#stalls += 1;
    return true;
  }

  /** Notes that `name` delays in this exchange. True when that is to be counted: once for each exchange. */
  delays(name: string, exchange: number): boolean {
    const counted = this.#delaying.get(name) === exchange;
    this.#delaying.set(name, exchange);
    return !counted;
  }

  setTimer(name: string, callOff: () => void): void {
    this.#timers.set(name, callOff);
  }

  callOffAll(): void {
    for (const callOff of this.#timers.values()) callOff();
    this.#timers.clear();
  }

  line({ toxic }: LiveToxic, stream: Stream): Line {
    const lines = this.#lines.get(toxic.name);
    return lines?.type === toxic.type ? lines[stream] : newLine;
  }

  setLine({ toxic: { name, type } }: LiveToxic, stream: Stream, line: Line): void {
    const lines = this.#lines.get(name);
    const before = lines?.type === type ? lines : { type, upstream: newLine, downstream: newLine };
    this.#lines.set(name, { ...before, [stream]: line });
  }

  /** Forgets the lines of toxics that are not among these. */
  keepLines(toxics: readonly LiveToxic[]): void {
    const kept = new Set(toxics.map(({ toxic }) => toxic.name));
    for (const name of this.#lines.keys()) if (!kept.has(name)) this.#lines.delete(name);
  }

  /** A toxic has gone. `freed`: it swallowed one stream, not the whole link; `delayed`: something of its waits to be let go. */
  leave(name: string): { readonly freed: boolean; readonly delayed: boolean } {
    const streams = this.#swallowing.get(name);
    this.#swallowing.delete(name);
    if (streams === "both") this.#stalls -= 1;
    this.#timers.get(name)?.();
    this.#timers.delete(name);
    const delayed = this.#delaying.delete(name);
    if (delayed) this.#freeLines();
    return { freed: streams !== undefined && streams !== "both", delayed };
  }

  /** Everything that waits is let go: no line is busy any more. */
  #freeLines(): void {
    for (const [name, { type, upstream, downstream }] of this.#lines) {
      const free = (line: Line): Line => ({ ...line, freeAt: newLine.freeAt });
      this.#lines.set(name, { type, upstream: free(upstream), downstream: free(downstream) });
    }
  }
}
