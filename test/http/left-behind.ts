/**
 * What a lab leaves in its folder, which is its owner's alone: the lines of its logs, and where a secret stands that should
 * not. The token has a file of its own and stands in the configurations, and hashes stand in the stores; everywhere else a
 * secret is a leak.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface LogLine {
  readonly msg?: string;
  readonly url?: string;
  readonly routes?: readonly string[];
}

/** The lines of all logs of the lab in `dir`. What a library says in words of its own is no line. */
export const logLines = (dir: string): readonly LogLine[] =>
  filesIn(join(dir, "log")).flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine),
  );

const mayHold = /^(token$|config\/|data\/)/;

/** The files in which a secret stands where none may. */
export const findSecrets = (dir: string, secrets: readonly string[]): readonly string[] =>
  filesIn(dir)
    .filter((file) => !mayHold.test(relative(dir, file)))
    .filter((file) => {
      const text = readFileSync(file, "latin1");
      return secrets.some((secret) => text.includes(secret));
    });

const filesIn = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
