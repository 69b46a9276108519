/**
 * Reads the tree for the tests that judge it. Rules are pure functions over `SourceFile[]`, so that a planted breach
 * can be seen failing; this is the only place where they meet the disk. Paths are relative to the root, with slashes.
 */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

export type SourceFile = {
  /** From the root of the repository, with forward slashes. */
  path: string;
  source: string;
};

/** The root of the repository, absolute. */
export const ROOT = join(import.meta.dirname, "../..");

const NEVER_READ = ["**/node_modules/**", "out/**", ".cordon/**", ".git/**"];

/** Every file that matches one of the patterns, in the order of its path. Installed and written files are left out. */
export async function readSources(patterns: readonly string[]): Promise<SourceFile[]> {
  const paths = new Set<string>();
  for await (const entry of glob([...patterns], { cwd: ROOT, exclude: NEVER_READ, withFileTypes: true })) {
    if (entry.isFile()) paths.add(join(entry.parentPath, entry.name).slice(ROOT.length + 1));
  }
  const sorted = [...paths].toSorted();
  return Promise.all(sorted.map(async (path) => ({ path, source: await readFile(join(ROOT, path), "utf8") })));
}

/** The workspace folder a path lies in: `packages/mail`, `test`, `bench`, or the first part of the path. */
export function workspaceOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "packages" ? `${first}/${second}` : first;
}

/** Tests stand outside the rules that keep product code pure. */
export const isTest = (path: string): boolean => path.endsWith(".test.ts") || path.startsWith("test/");

/** The line, counted from 1, at which an offset lies. */
export const lineAt = (source: string, offset: number): number => source.slice(0, offset).split("\n").length;
