/**
 * Starts `cordon ARGS` once more, in a session of its own that no terminal's signal reaches, and waits until it has said on
 * stdout what it is. What it says on stderr until then is passed on. Whoever waits and is told to stop stops it too.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LabObject } from "@cordon/lab";
import { endings, Refusal, type Ending } from "./exit.ts";

export type Detached =
  | { readonly kind: "ready"; readonly object: LabObject }
  /** It ended before it was ready, and has said why. */
  | { readonly kind: "ended"; readonly ending: Ending };

const program = fileURLToPath(new URL("main.ts", import.meta.url));

export async function startDetached(words: readonly string[], signal: AbortSignal): Promise<Detached> {
  const child = spawn(process.execPath, [program, ...words], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  const said = { stdout: "", stderr: "" };
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  const line = new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.stdout += text;
      const [first, rest] = said.stdout.split("\n");
      if (first !== undefined && rest !== undefined) resolve(first);
    });
  });
  const ended = once(child, "close").then(() => undefined);
  const object = await Promise.race([line, ended]);
  signal.removeEventListener("abort", stop);
  if (object !== undefined) {
    child.unref();
    process.stderr.write(said.stderr);
    return { kind: "ready", object: JSON.parse(object) as LabObject };
  }
  // Its last line names its exit, which becomes ours.
  const { message, ending } = lastWordOf(said.stderr, child.exitCode);
  if (message !== "") process.stderr.write(`${message}\n`);
  return { kind: "ended", ending };
}

function lastWordOf(stderr: string, exitCode: number | null): { readonly message: string; readonly ending: Ending } {
  const lines = stderr.trimEnd().split("\n");
  const [, code, word] = /^exit (\d+): (.+)$/.exec(lines.at(-1) ?? "") ?? [];
  if (code === undefined || word === undefined) {
    throw new Refusal(
      `the lab's runner ended without a word (${exitCode ?? "by a signal"})\n${stderr}`,
      endings.internal,
    );
  }
  return { message: lines.slice(0, -1).join("\n"), ending: { code: Number(code), word } };
}
