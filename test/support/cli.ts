/** The `cordon` command as a person starts it: a process of its own, in a working directory, and what it came to. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export interface CordonEnd {
  /** The exit code as a shell has it: 128 and more for an end by a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CordonRun extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it has said on stderr so far. */
  readonly progress: () => string;
  readonly ended: Promise<CordonEnd>;
}

const program = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** Starts `cordon ARGS` in `directory`. Leaving its scope kills it, if it still runs. */
export function startCordon(directory: string, args: readonly string[]): CordonRun {
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (chunk: string) => (said[stream] += chunk));
  const ended = once(child, "close").then((): CordonEnd => {
    const { exitCode, signalCode } = child;
    return { code: exitCode ?? 128 + (signalCode === null ? 0 : constants.signals[signalCode]), ...said };
  });
  return {
    child,
    progress: () => said.stderr,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs `cordon ARGS` in `directory` to its end. */
export async function cordon(directory: string, ...args: readonly string[]): Promise<CordonEnd> {
  await using run = startCordon(directory, args);
  return await run.ended;
}
