/**
 * Copies on disk of what control said last, so that a caller can start, and go on, while control is gone. A copy is never
 * waited for and never the truth: one that is missing, broken or cannot be written costs what a start without control
 * would know, and nothing while control answers.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** A compiled schema. */
export type Check<T> = { Check(value: unknown): value is T };

/** A copy that cannot be read is no copy: control has the original. */
export function readCopy<T>(file: string, check: Check<T>): T | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that a reader never meets half a copy. A full disk costs the copy, not the service. */
export function writeCopy(file: string, value: unknown): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // The next news, or the next start, tries again.
  }
}
