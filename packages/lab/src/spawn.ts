/**
 * The one way a process of a run is started: the intention in the journal, the spawn, the (pid, start time) in the
 * journal. A process gets its configuration by a file, writes what it has to say to its log file, and carries the run's
 * mark and nothing else of the spawner's environment: what it does must not hang on the shell a drill was started from.
 * A foreign program, as a Redis, is started the same way, and is told only what it was found to need.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { identityOf } from "@cordon/runtime";
import type { Journal, NamedProcess } from "./journal.ts";
import { markOf } from "./marks.ts";
import { logFile } from "./paths.ts";

export interface SpawnOrder {
  readonly name: string;
  readonly runId: string;
  /** The run's folder. */
  readonly dir: string;
  /** The program, a file that Node runs; with `foreign`, one that runs by itself. */
  readonly program: string;
  /** What has to be set for a foreign program. */
  readonly foreign?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** A session of its own, which no terminal's signal reaches. */
  readonly detached: boolean;
  /** `pipe`: the process sees the end of its stdin when the spawner has gone. */
  readonly stdin: "ignore" | "pipe";
  /** Threads for file operations (UV_THREADPOOL_SIZE); a foreign program hears nothing of it. */
  readonly fileThreads: number;
}

export interface Spawned {
  readonly child: ChildProcess;
  readonly process: NamedProcess;
}

/** Compiled code is kept between runs: with it a service starts in half the time. */
const compileCache = fileURLToPath(new URL("../../../node_modules/.cache/cordon-compile", import.meta.url));

/** Starts a process; undefined when the system refuses (no memory, no free pid), which passes or does not. */
export function spawnProcess(order: SpawnOrder, journal: Journal): Spawned | undefined {
  const log = logFile(order.dir, order.name);
  mkdirSync(dirname(log), { recursive: true });
  journal.intend(order.name);
  const output = openSync(log, "a", 0o600);
  try {
    const [command, ...args] =
      order.foreign === undefined ? [process.execPath, order.program, ...order.args] : [order.program, ...order.args];
    const child = spawn(command, args, {
      cwd: order.dir,
      detached: order.detached,
      stdio: [order.stdin, output, output],
      env: {
        ...markOf(order.runId, order.dir, order.name),
        ...(order.foreign ?? {
          NODE_COMPILE_CACHE: compileCache,
          UV_THREADPOOL_SIZE: String(order.fileThreads),
        }),
      },
    });
    // A refusal comes as an event too; the missing pid has said it already.
    child.on("error", () => {});
    if (child.pid === undefined) return undefined;
    const named = { name: order.name, ...identityOf(child.pid) };
    journal.spawned(named);
    return { child, process: named };
  } finally {
    closeSync(output);
  }
}
