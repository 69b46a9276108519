/**
 * Long polls that wait for something newer. Each waits for one feed, is woken by the next change of it, and ends in any
 * case: when its time is over, when its client leaves, when control closes. The bound is over all feeds together, since
 * what a waiting poll costs is a connection and a timer, and both belong to the process.
 */

export type Feed = "map" | "operator" | "revocations";

export interface Polls {
  /** Ends when the feed changes, `ms` have passed or `left` aborts; `undefined` at once when too many wait already. */
  hold(feed: Feed, ms: number, left: AbortSignal): Promise<void> | undefined;
  wake(feed: Feed): void;
  waiting(): number;
  /** Ends every poll that waits. */
  close(): void;
}

export function createPolls(maxWaiting: number): Polls {
  const held = new Map<() => void, Feed>();

  const wakeAll = (which: (feed: Feed) => boolean): void => {
    for (const [end, feed] of held) if (which(feed)) end();
  };

  return {
    hold(feed, ms, left) {
      if (held.size >= maxWaiting) return undefined;
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          left.removeEventListener("abort", end);
          held.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        held.set(end, feed);
        if (left.aborted) end();
        else left.addEventListener("abort", end);
      });
    },
    wake: (feed) => wakeAll((candidate) => candidate === feed),
    waiting: () => held.size,
    close: () => wakeAll(() => true),
  };
}
