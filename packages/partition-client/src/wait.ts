/**
 * Waiting with an end. A wait leaves no timer and no listener behind, however it ended.
 */

/** Whether an answer is still to come. */
export const isPending = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise;

/** What `promise` brings within `ms`; undefined when it does not, or when `left` aborts. No promise: only the time. */
export function within<T>(
  promise: Promise<T> | undefined,
  ms: number,
  left: AbortSignal | undefined,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const end = (value: T | undefined): void => {
      clearTimeout(timer);
      left?.removeEventListener("abort", leave);
      resolve(value);
    };
    const leave = (): void => end(undefined);
    const timer = setTimeout(leave, ms);
    left?.addEventListener("abort", leave);
    if (left?.aborted) leave();
    void promise?.then(end);
  });
}
