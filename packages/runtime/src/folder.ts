/**
 * Making folders where a user said. Node's recursive mkdirSync never comes back where the system makes none, as in /proc,
 * and on a relative path whose working directory was removed: so they are made one by one, from the top.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Makes `folder` and those above it that are not there. Throws what the system says. */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.push(at);
  for (const at of missing.toReversed()) makeOne(at);
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
