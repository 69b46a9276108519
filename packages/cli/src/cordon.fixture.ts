/** The command as the tests start it, a process of its own in a folder of theirs, and the published forms of its JSON. */
import { execFile, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

export interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `cordon WORDS` in `folder`. `ended` resolves however it ends; a signal's end is code -1. */
export function startCordon(
  folder: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): { readonly child: ChildProcess; readonly ended: Promise<End> } {
  const { promise: ended, resolve } = Promise.withResolvers<End>();
  const child = execFile(process.execPath, [program, ...words], { cwd: folder, env }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return { child, ended };
}

/** As startCordon, to its end; nobody sits at its terminal. */
export function cordonIn(folder: string, words: readonly string[], env?: NodeJS.ProcessEnv): Promise<End> {
  const { child, ended } = startCordon(folder, words, env);
  child.stdin?.end();
  return ended;
}

/** Whether a value is `cordon.NAME/1`, as docs/schema has it. */
export const checkOf = (name: string) =>
  new Ajv2020().compile(
    JSON.parse(
      readFileSync(new URL(`../../../docs/schema/cordon.${name}.1.schema.json`, import.meta.url), "utf8"),
    ) as object,
  );
