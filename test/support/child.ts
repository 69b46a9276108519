/**
 * Runs one tool as a child process, bounded in time and in what it may say. The child leads a process group of its
 * own: an interrupt at the terminal then reaches it once, through us, and a child that does not end within its grace
 * is killed with everything it started, by the pid we were given. Invariant: when `runChild` has answered, the group
 * it started has been told to end.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

export type ChildRun = {
  command: string;
  args: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** After so many milliseconds the child is asked to end. */
  limitMs: number;
  /** From being asked to end, milliseconds until it is killed. */
  graceMs: number;
  /** `show` hands the terminal to the child; a number collects stdout and stderr, at most so many characters. */
  output: "show" | number;
};

export type ChildEnd = {
  /** The exit code; 128 and more when a signal ended it, as shells count; 127 when it never started. */
  code: number;
  timedOut: boolean;
  /** What it said, if that was collected; the beginning is dropped when it said too much. */
  output: string;
  ms: number;
};

const INTERRUPTED = 130;
const NEVER_STARTED = 127;

export async function runChild(run: ChildRun): Promise<ChildEnd> {
  const started = performance.now();
  const child = spawn(run.command, run.args, {
    cwd: run.cwd,
    env: run.environment,
    stdio: run.output === "show" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const collect = (chunk: string): void => {
    if (typeof run.output === "number") output = (output + chunk).slice(-run.output);
  };
  child.stdout?.setEncoding("utf8").on("data", collect);
  child.stderr?.setEncoding("utf8").on("data", collect);

  let timedOut = false;
  using ending = endOnSignal(child, run.graceMs);
  const limit = setTimeout(() => {
    timedOut = true;
    ending.end("SIGTERM");
  }, run.limitMs);
  const code = await exitOf(child, collect);
  clearTimeout(limit);
  return { code: timedOut ? INTERRUPTED : code, timedOut, output, ms: Math.round(performance.now() - started) };
}

function exitOf(child: ChildProcess, say: (text: string) => void): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("error", (error) => {
    say(error.message);
    resolve(NEVER_STARTED);
  });
  child.once("close", (code) => resolve(code ?? INTERRUPTED));
  return promise;
}

/** Passes SIGINT and SIGTERM on to the child, by pid, and kills its group when the grace is over. */
function endOnSignal(child: ChildProcess, graceMs: number): Disposable & { end: (signal: NodeJS.Signals) => void } {
  let killing: NodeJS.Timeout | undefined;
  const end = (signal: NodeJS.Signals): void => {
    child.kill(signal);
    killing ??= setTimeout(() => killGroup(child.pid), graceMs);
  };
  process.on("SIGINT", end).on("SIGTERM", end);
  return {
    end,
    [Symbol.dispose]() {
      clearTimeout(killing);
      process.off("SIGINT", end).off("SIGTERM", end);
      if (killing !== undefined) killGroup(child.pid);
    },
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone already, which is all that was wanted.
  }
}
