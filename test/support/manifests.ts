/**
 * The rules over what the tools are told: package.json files, tsconfig references and the lint overrides. Each repeats
 * the table in its own language, and each would quietly let an import through if it drifted, so all are compared with
 * the table, in both directions where that can be done.
 */
import { posix } from "node:path";

import type { Breach } from "./architecture.ts";
import { packageOf, rings } from "./architecture.ts";
import type { DagRow } from "./dag.ts";
import type { Module } from "./modules.ts";
import type { SourceFile } from "./sources.ts";
import { workspaceOf } from "./sources.ts";

type Table = Readonly<Record<string, DagRow>>;

const SCOPE = "@cordon/";
const nameOf = (folder: string): string => SCOPE + posix.basename(folder);
const about = (path: string, rule: string, message: string): Breach => ({ rule, path, line: 1, message });

/** The table itself: every name in it is a row, and no ring of rows exists. */
export function tableFaults(table: Table): Breach[] {
  const rule = "the table is acyclic";
  const neighbours = new Map(
    Object.entries(table).map(([folder, row]) => [folder, row.imports.map((name) => `packages/${name}`)]),
  );
  const unknown = [...neighbours].flatMap(([folder, nexts]) =>
    nexts.filter((next) => !(next in table)).map((next) => about(folder, rule, `${next} is no row of the table`)),
  );
  return [...unknown, ...rings(neighbours).map((ring) => about(ring[0] ?? ".", rule, [...ring, ring[0]].join(" -> ")))];
}

/** Each folder's tsconfig.json references exactly its row; the root's references exactly all folders. */
export function referenceFaults(tsconfigs: readonly SourceFile[], table: Table): Breach[] {
  const rule = "references equal the table";
  const expected: [string, string[]][] = [
    ["tsconfig.json", Object.keys(table)],
    ...Object.entries(table).map(([folder, row]): [string, string[]] => [
      `${folder}/tsconfig.json`,
      row.imports.map((name) => `packages/${name}`),
    ]),
  ];
  return expected.flatMap(([path, wanted]) => {
    const file = tsconfigs.find((candidate) => candidate.path === path);
    if (file === undefined) return [about(path, rule, "is missing")];
    const { references = [] } = JSON.parse(file.source) as { references?: { path: string }[] };
    const found = references.map((reference) => posix.join(posix.dirname(path), reference.path));
    return differences(found, wanted).map((message) => about(path, rule, message));
  });
}

type Manifest = {
  name?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};

/** Each package.json depends on no package of ours outside its row, and on every one its sources import. */
export function dependencyFaults(manifests: readonly SourceFile[], modules: readonly Module[], table: Table): Breach[] {
  const rule = "dependencies stay in the table";
  return Object.entries(table).flatMap(([folder, row]) => {
    const path = `${folder}/package.json`;
    const file = manifests.find((candidate) => candidate.path === path);
    if (file === undefined) return [about(path, rule, "is missing")];
    const manifest = JSON.parse(file.source) as Manifest;
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const ours = declared.filter((name) => name.startsWith(SCOPE)).map((name) => name.slice(SCOPE.length));
    const imported = modules
      .filter((module) => workspaceOf(module.path) === folder)
      .flatMap((module) => module.imports.map(({ what }) => packageOf(what)))
      .filter((name) => name.startsWith(SCOPE));
    return [
      ...(manifest.name === nameOf(folder) ? [] : [about(path, rule, `is not called ${nameOf(folder)}`)]),
      ...ours
        .filter((name) => !row.imports.includes(name))
        .map((name) => about(path, rule, `${name} is not in its row`)),
      ...[...new Set(imported)]
        .filter((name) => !declared.includes(name))
        .map((name) => about(path, rule, `${name} is imported but not declared`)),
    ];
  });
}

type Override = { files: string[]; rules?: Record<string, unknown> };

/** The lint overrides say the same as the table, so that an editor shows a stray import while it is typed. */
export function lintFaults(oxlintrc: SourceFile, table: Table): Breach[] {
  const rule = "lint equals the table";
  const { overrides = [] } = JSON.parse(oxlintrc.source) as { overrides?: Override[] };
  return Object.entries(table)
    .filter(([folder]) => folder.startsWith("packages/"))
    .flatMap(([folder, row]) => {
      const override = overrides.find(({ files }) => files.length === 1 && files[0] === `${folder}/**/*.ts`);
      const stated = override?.rules?.["no-restricted-imports"] as
        | [string, { patterns: { group: string[] }[] }]
        | undefined;
      if (stated === undefined) return [about(oxlintrc.path, rule, `${folder} has no override`)];
      const wanted = [`${SCOPE}*`, ...row.imports.map((name) => `!${SCOPE}${name}`)];
      const found = stated[1].patterns.flatMap(({ group }) => group);
      return differences(found, wanted).map((message) => about(oxlintrc.path, rule, `${folder}: ${message}`));
    });
}

function differences(found: readonly string[], wanted: readonly string[]): string[] {
  return [
    ...wanted.filter((name) => !found.includes(name)).map((name) => `${name} is missing`),
    ...found.filter((name) => !wanted.includes(name)).map((name) => `${name} is too much`),
  ];
}
