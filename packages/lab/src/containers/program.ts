/**
 * What the programs of one-off containers have in common: each is told one file, and what goes wrong is a line for whoever
 * reads the container's log, never a stack. A mistake in what it was told is exit 2; what the system or a service refuses
 * is exit 1, and can be tried again.
 */
import { parseArgs } from "node:util";
import { ConfigError } from "@cordon/runtime";

/** Runs `work` with the file after `--OPTION`, and sets the exit code. */
export async function runOnce(name: string, option: "plan" | "config", work: (file: string) => void | Promise<void>) {
  try {
    await work(fileAfter(name, option));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(error instanceof ConfigError ? `${message}\n` : `${name}: ${message}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

function fileAfter(name: string, option: string): string {
  const usage = new ConfigError(name, [{ line: 1, column: 1, path: "", message: `give --${option} FILE` }]);
  try {
    const { [option]: file } = parseArgs({ options: { [option]: { type: "string" } } }).values;
    if (typeof file === "string") return file;
  } catch {
    // A word that nobody knows.
  }
  throw usage;
}
