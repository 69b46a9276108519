/**
 * What this package has to know of the machine it runs on, read here and nowhere else: where programs are looked for,
 * where they may be unpacked, and whether a test that goes without one is a failure.
 */
import { delimiter, join } from "node:path";

export interface Machine {
  /** Folders that are searched for a program, in this order. */
  readonly searchPath: readonly string[];
  /** Folder that programs are unpacked into; made when it is needed, and safe to delete when nothing runs. */
  readonly cache: string;
  /** What every process started here is given: it inherits it as it is. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In continuous integration everything a test needs can be there: a test that would be skipped fails. */
  readonly inCi: boolean;
}

/** Where daemons are, which the PATH of an ordinary user leaves out. */
const daemonFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** This machine, with the cache of this checkout. */
export function thisMachine(): Machine {
  const { PATH = "", CI = "" } = process.env;
  return {
    searchPath: [...new Set([...PATH.split(delimiter).filter((folder) => folder !== ""), ...daemonFolders])],
    environment: process.env,
    cache: join(import.meta.dirname, "../../../node_modules/.cache/provision"),
    inCi: !["", "0", "false"].includes(CI),
  };
}
