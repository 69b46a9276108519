/**
 * Work that is done in rounds, one at a time: asked for while a round runs, one more follows it, however often it was
 * asked. A round that did not bring everything about is followed by another after a pause.
 */
export interface Rounds {
  /** There may be something to do. */
  ask(): void;
  /** No round begins any more; resolves when the one that runs has ended. */
  close(): Promise<void>;
}

/** `round` answers whether everything is as it shall be. It must not reject: a bug there ends the process. */
export function createRounds(round: () => Promise<boolean>, pauseMs: number): Rounds {
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const now = { asked: false, closed: false };

  const run = async (): Promise<void> => {
    let done = true;
    do {
      now.asked = false;
      done = await round();
    } while (now.asked && !now.closed);
    running = undefined;
    if (!done && !now.closed) timer = setTimeout(ask, pauseMs);
  };
  const ask = (): void => {
    now.asked = true;
    if (now.closed || running !== undefined) return;
    clearTimeout(timer);
    running = run();
  };
  return {
    ask,
    async close() {
      now.closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
