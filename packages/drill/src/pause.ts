/**
 * `--pause-before fault`: a lab that is ready waits for a person before its load begins. It waits there and not between
 * load and fault, because the schedule is fixed beforehand and must not be stretched; what follows the person's word is
 * the run as it always is. A file in the lab's folder says that it waits, and whoever takes it away lets it go on: a key
 * press, `cordon drill resume` in another terminal, or `rm`. Invariants: the wait is bounded; nothing is broken before it
 * has ended, and nothing at all when nobody ended it.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SideStopped } from "./side-lost.ts";

const lookEveryMs = 100;
/** A table that has not gathered by then will not. */
export const pauseMaxMs = 30 * 60_000;

const pausedFile = (dir: string): string => join(dir, "paused");

/** Whether the lab in `dir` waits for a word. */
export const isPaused = (dir: string): boolean => existsSync(pausedFile(dir));

/** Lets it go on. */
export const resume = (dir: string): void => rmSync(pausedFile(dir), { force: true });

/** Waits until somebody lets the lab in `dir` go on. Throws a SideStopped after `maxMs`, and whatever `cut` aborts with. */
export async function awaitResume(
  dir: string,
  maxMs: number,
  tell: (resume: () => void) => void,
  cut: AbortSignal,
): Promise<void> {
  writeFileSync(pausedFile(dir), "");
  const overdue = AbortSignal.timeout(maxMs);
  tell(() => resume(dir));
  while (isPaused(dir)) {
    if (overdue.aborted)
      throw new SideStopped(`nobody resumed the run within ${maxMs / 60_000} min; nothing was broken`);
    await delay(lookEveryMs, undefined, { signal: cut });
  }
}
