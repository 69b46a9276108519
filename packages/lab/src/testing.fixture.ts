/** What the tests of labs share: a working directory of their own, programs to spawn, and waiting for a condition. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { identityOf, isAlive, kill, type ProcessIdentity } from "@cordon/runtime";
import { examineLabs } from "./doctor.ts";
import { sweepRun, sweepWithinMs } from "./sweep.ts";

/** Programs a test can start. */
export const programs = {
  hesitant: fileURLToPath(new URL("./hesitant.fixture.ts", import.meta.url)),
  reluctant: fileURLToPath(new URL("./reluctant.fixture.ts", import.meta.url)),
  sleeper: fileURLToPath(new URL("./sleeper.fixture.ts", import.meta.url)),
  spawner: fileURLToPath(new URL("./spawner.fixture.ts", import.meta.url)),
  standIn: fileURLToPath(new URL("./stand-in.fixture.ts", import.meta.url)),
} as const;

/** A working directory; whatever run is left in it is cleared away with it, also one that this process is the runner of. */
export function workingDirectory(): AsyncDisposable & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), "cordon-lab-test-"));
  return {
    root,
    async [Symbol.asyncDispose]() {
      for (const { dir, runId } of (await examineLabs(root)).findings)
        await sweepRun(dir, runId, { withinMs: sweepWithinMs, spare: [process.pid] });
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A process that a test started by itself; killed at the end of its scope. */
export interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  /** Its first line on stdout. */
  readonly said: Promise<string>;
}

export function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"], env });
  const identity = identityOf(child.pid ?? 0);
  const said = once(child.stdout, "data").then(([chunk]) => String(chunk));
  // A test that waits for no line must not fall over a process that says none.
  said.catch(() => {});
  return {
    child,
    identity,
    said,
    async [Symbol.asyncDispose]() {
      if (!isAlive(identity)) return;
      const gone = once(child, "exit");
      kill(identity);
      await gone;
    },
  };
}

/** Resolves with the first value of `look` that is not undefined or false; rejects when none came within `withinMs`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 15_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`in ${withinMs} ms it did not come about that ${what}`);
    await delay(10);
  }
}
