/**
 * Turns by key: what is done to one address is done one after the other, what is done to different ones is not. The writer
 * needs it because a change goes to control first and to the store second: two changes of one user that overtook each
 * other between the two would leave the older password standing under the newer epoch.
 */

export interface Turns {
  /** Runs `work` after all earlier work of `key`; undefined when `maxWaiting` pieces of work are under way or waiting. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> | undefined;
}

export function createTurns(maxWaiting: number): Turns {
  const last = new Map<string, Promise<unknown>>();
  let under = 0;
  return {
    take(key, work) {
      if (under >= maxWaiting) return undefined;
      under += 1;
      const before = last.get(key);
      const mine = (before === undefined ? work() : before.then(work, work)).finally(() => {
        under -= 1;
        if (last.get(key) === mine) last.delete(key);
      });
      last.set(key, mine);
      return mine;
    },
  };
}
