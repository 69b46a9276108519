/**
 * Waiting with an end. A wait leaves no timer and no listener behind, however it ended.
 */

/** Whether an answer is still to come. */
export const isPending = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise;

/** Resolves after `ms`, or when `left` aborts. */
export function waitFor(ms: number, left: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      left?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    left?.addEventListener("abort", end);
    if (left?.aborted) end();
  });
}
