/**
 * Holds the tree to the table in support/dag.ts. The first half judges the tree as it is and fails when it scanned
 * nothing; the second half plants one breach a rule and expects to see exactly that breach, because a rule that cannot
 * fail guards nothing.
 */
import { describe, expect, test } from "vitest";

import {
  environmentReads,
  escapes,
  fileCycles,
  impurities,
  spreadLibraries,
  strayImports,
  unscanned,
} from "./support/architecture.ts";
import type { Breach } from "./support/architecture.ts";
import { DAG, ENVIRONMENT_READERS, LONE_IMPORTERS } from "./support/dag.ts";
import type { DagRow } from "./support/dag.ts";
import { dependencyFaults, lintFaults, referenceFaults, tableFaults } from "./support/manifests.ts";
import { readModule } from "./support/modules.ts";
import { readSources } from "./support/sources.ts";
import type { SourceFile } from "./support/sources.ts";

const said = (breaches: readonly Breach[]): string[] =>
  breaches.map(({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`);

describe("the tree", async () => {
  const modules = (await readSources(["packages/*/src/**/*.ts", "test/**/*.ts", "bench/**/*.ts"])).map(readModule);
  const folders = await readSources(["packages/*/package.json"]);
  const manifests = await readSources(["{packages/*,test,bench}/package.json"]);
  const tsconfigs = await readSources(["tsconfig.json", "{packages/*,test,bench}/tsconfig.json"]);
  const lint = await readSources([".oxlintrc.json"]);

  test("is scanned whole: every row of the table has source, and every package has a row", () => {
    expect(said(unscanned(modules, DAG))).toEqual([]);
    expect(folders.map(({ path }) => path.replace("/package.json", "")).filter((folder) => !(folder in DAG))).toEqual(
      [],
    );
  });

  test("imports its own packages only as the table allows", () => {
    expect(said(strayImports(modules, DAG))).toEqual([]);
  });

  test("has no relative import that leaves its package", () => {
    expect(said(escapes(modules))).toEqual([]);
  });

  test("keeps the pure packages free of Node, clock, chance and timers", () => {
    expect(said(impurities(modules, DAG))).toEqual([]);
  });

  test("speaks to opossum and undici from one file each", () => {
    expect(said(spreadLibraries(modules, LONE_IMPORTERS))).toEqual([]);
  });

  test("reads the environment only at its edge", () => {
    expect(said(environmentReads(modules, ENVIRONMENT_READERS))).toEqual([]);
  });

  test("has no ring of files", () => {
    expect(said(fileCycles(modules))).toEqual([]);
  });

  test("has an acyclic table that references, dependencies and lint repeat", () => {
    expect(said(tableFaults(DAG))).toEqual([]);
    expect(said(referenceFaults(tsconfigs, DAG))).toEqual([]);
    expect(said(dependencyFaults(manifests, modules, DAG))).toEqual([]);
    expect(lint.flatMap((file) => said(lintFaults(file, DAG)))).toEqual([]);
    expect(lint).toHaveLength(1);
  });
});

describe("a planted breach", () => {
  const row = (imports: string[], pure = false, libraries: DagRow["libraries"] = "any"): DagRow => ({
    imports,
    pure,
    libraries,
    description: "",
  });
  const table = {
    "packages/model": row([], true, ["typebox"]),
    "packages/partition-client": row(["model"]),
    "packages/mail": row(["model"]),
  };
  const planted = (...files: [path: string, source: string][]) =>
    files.map(([path, source]) => readModule({ path, source }));
  const mail = (source: string) => planted(["packages/mail/src/a.ts", source]);
  const model = (source: string) => planted(["packages/model/src/a.ts", source]);
  const json = (path: string, value: unknown): SourceFile => ({ path, source: JSON.stringify(value) });

  test("of an empty scan, a row without source, a folder without a row or an unreadable file is seen", () => {
    expect(unscanned([], table)).toHaveLength(1 + Object.keys(table).length);
    const whole = planted(
      ["packages/model/src/a.ts", ""],
      ["packages/partition-client/src/a.ts", ""],
      ["packages/mail/src/a.ts", ""],
    );
    expect(unscanned(whole, table)).toEqual([]);
    expect(said(unscanned([...whole, ...planted(["packages/new/src/a.ts", ""])], table))).toEqual([
      "packages/new:1 everything is scanned: the folder has no row in the table",
    ]);
    expect(unscanned([...whole, ...mail("const = ;")], table)).not.toEqual([]);
    expect(unscanned([...whole, ...mail("await import(name);")], table)).toHaveLength(1);
  });

  test.each([
    'import { a } from "@cordon/auth";',
    'import type { A } from "@cordon/auth";',
    'export { a } from "@cordon/auth";',
    'export * from "@cordon/auth";',
    'const a = await import("@cordon/auth");',
    "const a = await import(`@cordon/auth`);",
    'type A = import("@cordon/auth").A;',
    'import { a } from "@cordon/model/src/ids.ts";',
  ])("of the table is seen in %s", (source) => {
    expect(said(strayImports(mail(`\n${source}`), table))).toEqual([
      expect.stringMatching(/^packages\/mail\/src\/a\.ts:2 imports follow the table: may not import @cordon\//),
    ]);
    expect(strayImports(mail('import { a } from "@cordon/model";'), table)).toEqual([]);
  });

  test("of a relative import into another package is seen", () => {
    expect(escapes(mail('import { a } from "../../auth/src/a.ts";'))).toHaveLength(1);
    expect(escapes(mail('import { a } from "./b/c.ts";'))).toEqual([]);
  });

  test.each([
    'import { readFile } from "node:fs";',
    'import { readFile } from "fs";',
    'import { x } from "fastify";',
    "const at = Date.now();",
    "const at = new Date();",
    "const { now } = Date;",
    "const chance = Math.random();",
    "const at = performance.now();",
    "const pid = process.pid;",
    'const env = globalThis.process["env"];',
    "setTimeout(f, 1);",
    "globalThis.setTimeout(f, 1);",
    "setInterval(f, 1);",
    "const id = crypto.randomUUID();",
  ])("of purity is seen in %s", (source) => {
    expect(impurities(model(source), table)).not.toEqual([]);
    expect(impurities(mail(source), table)).toEqual([]);
  });

  test("of purity is not seen in what a pure package may do, nor in what its tests import", () => {
    const allowed = 'import { Type } from "typebox/value"; const d = new Date(5).getTime() + Math.max(1, 2);';
    expect(impurities(model(allowed), table)).toEqual([]);
    expect(impurities(planted(["packages/model/src/a.test.ts", 'import "node:fs"; import "vitest";']), table)).toEqual(
      [],
    );
    expect(impurities(planted(["packages/model/src/a.test.ts", "Date.now();"]), table)).toHaveLength(1);
  });

  test("of a lone importer is seen outside its file, and only where the rule holds", () => {
    const seen = (path: string, library: string) =>
      spreadLibraries(planted([path, `import x from "${library}";`]), LONE_IMPORTERS).length;
    expect(seen("packages/mail/src/a.ts", "opossum")).toBe(1);
    expect(seen("packages/partition-client/src/guard.ts", "undici")).toBe(1);
    expect(seen("packages/partition-client/src/breaker.ts", "opossum")).toBe(0);
    expect(seen("packages/partition-client/src/exchange.ts", "undici")).toBe(0);
    expect(seen("packages/partition-client/src/guard.test.ts", "undici")).toBe(0);
    expect(seen("packages/drill/src/workload.ts", "undici")).toBe(0);
  });

  test.each(["process.env;", 'process["env"];', "const { env } = process;", 'import { env } from "node:process";'])(
    "of the environment rule is seen in %s",
    (source) => {
      const seen = (path: string) => environmentReads(planted([path, source]), ENVIRONMENT_READERS).length;
      expect(seen("packages/mail/src/a.ts")).toBe(1);
      expect(seen("packages/runtime/src/logger.ts")).toBe(1);
      expect(seen("packages/runtime/src/config.ts")).toBe(0);
      expect(seen("packages/cli/src/main.ts")).toBe(0);
      expect(seen("packages/mail/src/a.test.ts")).toBe(0);
    },
  );

  test("of the ring rule is seen, of types too, and named once", () => {
    const ring = planted(
      ["packages/mail/src/a.ts", 'import { b } from "./b.ts";'],
      ["packages/mail/src/b.ts", 'import type { C } from "./deep/c.ts";'],
      ["packages/mail/src/deep/c.ts", 'export * from "../a.ts";'],
      ["packages/mail/src/d.ts", 'import "./a.ts";'],
    );
    expect(fileCycles(ring).map(({ message }) => message)).toEqual([
      "packages/mail/src/a.ts -> packages/mail/src/b.ts -> packages/mail/src/deep/c.ts -> packages/mail/src/a.ts",
    ]);
    expect(fileCycles(ring.slice(1))).toEqual([]);
  });

  test("of the table itself is seen: a ring of packages, a name that is no row", () => {
    expect(tableFaults({ "packages/a": row(["b"]), "packages/b": row(["a"]) })).toHaveLength(1);
    expect(tableFaults({ "packages/a": row(["gone"]) })).toHaveLength(1);
    expect(tableFaults(table)).toEqual([]);
  });

  test("of the references is seen: one missing, one too much, a file missing", () => {
    const root = json("tsconfig.json", { references: Object.keys(table).map((path) => ({ path })) });
    const plain = json("packages/model/tsconfig.json", {});
    const client = json("packages/partition-client/tsconfig.json", { references: [{ path: "../model" }] });
    const stray = json("packages/mail/tsconfig.json", { references: [{ path: "../auth" }] });
    expect(referenceFaults([root, plain, client, stray], table).map(({ message }) => message)).toEqual([
      "packages/model is missing",
      "packages/auth is too much",
    ]);
    expect(referenceFaults([root, plain, client], table).map(({ message }) => message)).toEqual(["is missing"]);
  });

  test("of the dependencies is seen: not in the row, not declared, misnamed", () => {
    const small = { "packages/mail": row(["model", "policy"]) };
    const faults = (name: string, dependencies: Record<string, string>) =>
      dependencyFaults(
        [json("packages/mail/package.json", { name, dependencies })],
        mail('import { a } from "@cordon/model";'),
        small,
      ).map(({ message }) => message);
    expect(faults("@cordon/mail", { "@cordon/model": "workspace:*" })).toEqual([]);
    expect(faults("@cordon/mail", {})).toEqual(["@cordon/model is imported but not declared"]);
    expect(faults("@cordon/mail", { "@cordon/model": "", "@cordon/auth": "" })).toEqual(["auth is not in its row"]);
    expect(faults("mail", { "@cordon/model": "" })).toEqual(["is not called @cordon/mail"]);
  });

  test("of the lint overrides is seen: none, or one that allows more", () => {
    const override = (folder: string, group: string[]) => ({
      files: [`${folder}/**/*.ts`],
      rules: { "no-restricted-imports": ["error", { patterns: [{ group }] }] },
    });
    const faults = (overrides: unknown[]) =>
      lintFaults(json(".oxlintrc.json", { overrides }), { "packages/mail": row(["model"]) }).map(
        ({ message }) => message,
      );
    expect(faults([override("packages/mail", ["@cordon/*", "!@cordon/model"])])).toEqual([]);
    expect(faults([])).toEqual(["packages/mail has no override"]);
    expect(faults([override("packages/mail", ["@cordon/*", "!@cordon/model", "!@cordon/auth"])])).toEqual([
      "packages/mail: !@cordon/auth is too much",
    ]);
  });
});
