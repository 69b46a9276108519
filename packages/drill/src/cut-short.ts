/**
 * Why a run was cut short. A wait that is cut off says only that it was; whoever reads the last line of a drill wants to
 * know what happened to the lab. What the person at the terminal did stands above that, since they know it already.
 */

/** Settles as `work` does; when the lab was lost meanwhile, and the run not aborted, rejects with what it was lost by. */
export async function orWhyLost<T>(work: Promise<T>, lost: AbortSignal, aborted: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!aborted.aborted) lost.throwIfAborted();
    throw error;
  }
}
