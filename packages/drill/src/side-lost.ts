/**
 * The ways a side comes to its end before it has a history, and why. What the drill stands on (the lab, the fault
 * proxies, control, the supervisor, the generator) can fail as anything can, and then the drill has proven nothing: that
 * is an ending with a reason for a person, and no fault of Cordon's. Before the injection nothing was broken; after it
 * the run is invalid. Whatever is no SideLost is a mistake in this code, and is told as one.
 */
import type { Instant } from "@cordon/model";

/** A side without a history. The message is for a person: what gave way, in a clause without its moment. */
export class SideLost extends Error {
  /** What follows from it, as a clause of its own; empty when the message says all. */
  readonly so: string;
  constructor(message: string, so = "") {
    super(message);
    this.name = "SideLost";
    this.so = so;
  }
}

/** A side that ended as it was told to beforehand: by a condition, or because nobody let it begin. The message is why. */
export class SideStopped extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SideStopped";
  }
}

/** Processes of a lab could not be ended: the one promise that no reason of a run excuses. */
export class NotCleared extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotCleared";
  }
}

/** `control was stopped at 4.2 s: ..`. Before the injection (`injectedAt` null) there is no fault clock, and no moment. */
export function lostWords({ message, so }: SideLost, at: Instant, injectedAt: Instant | null): string {
  const moment = injectedAt === null ? "" : ` at ${((at - injectedAt) / 1_000).toFixed(1)} s`;
  return `${message}${moment}${so === "" ? "" : `: ${so}`}`;
}

/** As a SideLost, where the error says that something of the lab failed. */
export const asLost = (error: unknown): SideLost =>
  error instanceof SideLost ? error : new SideLost(error instanceof Error ? error.message : String(error));

/** Settles as `work` does; when it was cut off, rejects with why, and not with the wait that was cut. */
export async function orWhyCut<T>(work: Promise<T>, cut: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    cut.throwIfAborted();
    throw error;
  }
}

/** Rejects with the reason when `signal` aborts; never resolves. */
export const whenCut = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    // The reason of a person's interrupt is no Error, and goes through as it is.
    const cut = (): void => reject(signal.reason as Error);
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
  });
