/**
 * The rules that keep the walls standing, each a pure function from modules (or manifests) to breaches, so that a
 * planted breach is seen failing. The question they answer is that of the June 2014 outage: can one part still be cut
 * off alone? A service that imports another, a policy that reads a clock, or a second file that speaks to a partition
 * past the guard would answer no, long before a drill could show it.
 */
import { isBuiltin } from "node:module";
import { posix } from "node:path";

import type { DagRow, LoneImporter } from "./dag.ts";
import type { Module } from "./modules.ts";
import { isTest, workspaceOf } from "./sources.ts";

export type Breach = { rule: string; path: string; line: number; message: string };

type Table = Readonly<Record<string, DagRow>>;

const SCOPE = "@cordon/";

/** The package a specifier belongs to: `typebox` of `typebox/value`, `@cordon/model` of `@cordon/model`. */
export function packageOf(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return specifier.startsWith("@") ? `${first}/${second}` : first;
}

const isRelative = (specifier: string): boolean => specifier.startsWith(".");
const isThirdParty = (specifier: string): boolean =>
  !isRelative(specifier) && !isBuiltin(specifier) && !specifier.startsWith(SCOPE) && !specifier.startsWith("node:");

/** Nothing was scanned, a row has no source, a folder has no row, or a file did not parse: then no rule means much. */
export function unscanned(modules: readonly Module[], table: Table): Breach[] {
  const rule = "everything is scanned";
  const seen = new Set(modules.map((module) => workspaceOf(module.path)));
  const about = (path: string, message: string): Breach => ({ rule, path, line: 1, message });
  return [
    ...(modules.length === 0 ? [about(".", "no source file was scanned")] : []),
    ...Object.keys(table).flatMap((folder) => (seen.has(folder) ? [] : [about(folder, "the row has no source file")])),
    ...[...seen].flatMap((folder) => (folder in table ? [] : [about(folder, "the folder has no row in the table")])),
    ...modules.flatMap(({ path, problems }) => problems.map((problem) => about(path, `does not parse: ${problem}`))),
    ...modules.flatMap(({ path, computedImports }) =>
      computedImports.map(({ what, line }) => ({
        rule,
        path,
        line,
        message: `import(${what}) leads nobody knows where`,
      })),
    ),
  ];
}

/** Packages of ours are imported as the table allows, by their name alone, never past their index.ts. */
export function strayImports(modules: readonly Module[], table: Table): Breach[] {
  return modules.flatMap(({ path, imports }) => {
    const allowed = table[workspaceOf(path)]?.imports ?? [];
    return imports
      .filter(({ what }) => what.startsWith(SCOPE) && !allowed.includes(what.slice(SCOPE.length)))
      .map(({ what, line }) => ({ rule: "imports follow the table", path, line, message: `may not import ${what}` }));
  });
}

/** A relative import stays inside its own workspace folder. */
export function escapes(modules: readonly Module[]): Breach[] {
  return modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ what }) => isRelative(what) && workspaceOf(resolveFrom(path, what)) !== workspaceOf(path))
      .map(({ what, line }) => ({
        rule: "relative imports stay home",
        path,
        line,
        message: `${what} leaves its package`,
      })),
  );
}

/** Pure packages: no Node, no third party beyond the row, no clock, no chance, no timer. Their tests may use Node. */
export function impurities(modules: readonly Module[], table: Table): Breach[] {
  const rule = "pure packages are pure";
  return modules.flatMap(({ path, imports, hiddenInputs }) => {
    const row = table[workspaceOf(path)];
    if (row === undefined || !row.pure) return [];
    const { libraries } = row;
    const foreign = isTest(path) ? [] : imports.filter(({ what }) => isForeign(what, libraries));
    return [
      ...foreign.map(({ what, line }) => ({ rule, path, line, message: `may not import ${what}` })),
      ...hiddenInputs.map(({ what, line }) => ({ rule, path, line, message: `${what} is a hidden input` })),
    ];
  });
}

function isForeign(specifier: string, libraries: DagRow["libraries"]): boolean {
  if (specifier.startsWith("node:") || isBuiltin(specifier)) return true;
  return isThirdParty(specifier) && libraries !== "any" && !libraries.includes(packageOf(specifier));
}

/** Some libraries are imported by one file, so that what they do wrong is contained there. */
export function spreadLibraries(modules: readonly Module[], lone: readonly LoneImporter[]): Breach[] {
  return modules.flatMap(({ path, imports }) =>
    imports.flatMap(({ what, line }) =>
      lone
        .filter(({ library, within, file }) => packageOf(what) === library && path.startsWith(within) && path !== file)
        .filter(() => !isTest(path))
        .map(({ library, file }) => ({
          rule: "lone importers",
          path,
          line,
          message: `only ${file} imports ${library}`,
        })),
    ),
  );
}

/** The environment is read in one place and handed on, parsed. */
export function environmentReads(modules: readonly Module[], readers: readonly string[]): Breach[] {
  const rule = "the environment is read at the edge";
  return modules
    .filter(({ path }) => path.startsWith("packages/") && !isTest(path))
    .filter(({ path }) => !readers.some((reader) => path.startsWith(reader)))
    .flatMap(({ path, imports, hiddenInputs }) => [
      ...hiddenInputs
        .filter(({ what }) => what === "process.env" || what === "process.*")
        .map(({ what, line }) => ({ rule, path, line, message: `${what} is read` })),
      ...imports
        .filter(({ what }) => what === "node:process" || what === "process")
        .map(({ what, line }) => ({
          rule,
          path,
          line,
          message: `${what} would carry the environment in: use the global`,
        })),
    ]);
}

/** No ring of files inside one workspace folder, of types or of values; each ring is named once. */
export function fileCycles(modules: readonly Module[]): Breach[] {
  const neighbours = new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.filter(({ what }) => isRelative(what)).map(({ what }) => resolveFrom(path, what)),
    ]),
  );
  return rings(neighbours).map((ring) => ({
    rule: "files form no ring",
    path: ring[0] ?? ".",
    line: 1,
    message: [...ring, ring[0]].join(" -> "),
  }));
}

/** Every ring a depth-first walk closes. An empty answer proves that there is none. */
export function rings(neighbours: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const found: string[][] = [];
  const walk = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node);
    if (start >= 0) found.push(trail.slice(start));
    if (start >= 0 || done.has(node)) return;
    for (const next of neighbours.get(node) ?? []) walk(next, [...trail, node]);
    done.add(node);
  };
  for (const node of neighbours.keys()) walk(node, []);
  return found;
}

const resolveFrom = (path: string, specifier: string): string => posix.join(posix.dirname(path), specifier);
