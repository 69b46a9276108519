/**
 * Holds the tree to the rules in support/tidy.ts, and each rule to a planted breach. Fails when it scanned nothing:
 * the sources and the text files are both counted first.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Breach } from "./support/architecture.ts";
import { ROOT, readSources } from "./support/sources.ts";
import type { SourceFile } from "./support/sources.ts";
import { deadLinks, foreignWords, headless, machinePaths, overlong, postponed, skipped } from "./support/tidy.ts";

const said = (breaches: readonly Breach[]): string[] =>
  breaches.map(({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`);

describe("the tree", async () => {
  const sources = await readSources(["packages/*/src/**/*.ts", "test/**/*.ts", "bench/**/*.ts", "*.ts"]);
  const documents = await readSources(["*.md", "docs/**/*.md", "packages/*/*.md"]);
  const texts = await readSources([
    "*.{json,yaml,yml}",
    ".*.json",
    ".ci/*",
    "{packages/*,test,bench}/*.json",
    "packages/*/src/**/*",
    "docs/**/*",
  ]);

  test("is scanned: there are sources in packages and in test, and texts", () => {
    expect(sources.filter(({ path }) => path.startsWith("packages/")).length).toBeGreaterThan(0);
    expect(sources.filter(({ path }) => path.startsWith("test/")).length).toBeGreaterThan(0);
    expect(texts.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["package.json", ".ci/run", ".oxlintrc.json"]),
    );
  });

  test("begins every source file with a paragraph", () => {
    expect(said(headless(sources))).toEqual([]);
  });

  test("has no overlong file", () => {
    expect(said(overlong(sources))).toEqual([]);
  });

  test("postpones nothing and skips nothing silently", () => {
    expect(said([...postponed(sources), ...skipped(sources)])).toEqual([]);
  });

  test("names no path of anybody's machine", () => {
    expect(
      said(machinePaths([...sources, ...documents, ...texts.filter(({ path }) => !path.startsWith("pnpm-lock"))])),
    ).toEqual([]);
  });

  test("uses one word for one thing", () => {
    expect(said(foreignWords(sources))).toEqual([]);
  });

  test("has documents whose links lead somewhere", () => {
    expect(said(deadLinks(documents, (path) => existsSync(join(ROOT, path))))).toEqual([]);
  });
});

describe("a planted breach", () => {
  const one = (source: string, path = "packages/mail/src/a.ts"): SourceFile[] => [{ path, source }];

  test.each([
    "export const a = 1;",
    "/** Short. */\nexport const a = 1;",
    "export const a = 1;\n/** A paragraph that comes too late to be a head. */",
  ])("of the head is seen in %j", (source) => {
    expect(headless(one(source))).toHaveLength(1);
    expect(headless(one(source, "packages/mail/src/index.ts"))).toEqual([]);
    expect(headless(one(source, "packages/mail/src/a.test.ts"))).toEqual([]);
  });

  test.each([
    "/** Decides when a lane is isolated, for the June 2014 outage. */\nexport const a = 1;",
    "#!/usr/bin/env node\n// Decides when a lane is isolated,\n// for the June 2014 outage.\nexport const a = 1;",
  ])("of the head is not seen in %j", (source) => {
    expect(headless(one(source))).toEqual([]);
  });

  test("of the length is seen at 401 lines and not at 400", () => {
    expect(overlong(one("a;\n".repeat(400)))).toEqual([]);
    expect(said(overlong(one("a;\n".repeat(401))))).toEqual(["packages/mail/src/a.ts:400 short files: has 401 lines"]);
  });

  test("of postponing is seen in comments, and not in what a program prints", () => {
    expect(said(postponed(one("const a = 1;\n// TODO later")))).toEqual([
      "packages/mail/src/a.ts:2 nothing postponed: leaves a debt",
    ]);
    expect(postponed(one("/* FIXME */"))).toHaveLength(1);
    expect(postponed(one('console.log("Lessons: TODO");'))).toEqual([]);
  });

  test.each([
    'test.only("a", f);',
    'describe.only("a", f);',
    "test.only.each([1])('a', f);",
    'it.skip("a", f);',
    'test.skipIf(x)("a", f);',
    'test.todo("a");',
  ])("of skipping is seen in %s", (source) => {
    expect(skipped(one(`\n\n${source}`))).toHaveLength(1);
  });

  test("of skipping is not seen where a reason is given, except for only", () => {
    expect(skipped(one('// Needs /proc.\ntest.skipIf(x)("a", f);'))).toEqual([]);
    expect(skipped(one('test.skip("a", f); // Needs /proc.'))).toEqual([]);
    expect(skipped(one('// Just now.\ntest.only("a", f);'))).toHaveLength(1);
    expect(skipped(one("stream.skip(5);"))).toEqual([]);
  });

  test.each(["work", "root", "home"])("of a machine's path is seen for %s", (folder) => {
    expect(machinePaths(one(`const a = 1;\nopen("/${folder}/x");`)).map(({ line }) => line)).toEqual([2]);
    expect(machinePaths(one(`/${folder}/x`, "docs/a.md"))).toHaveLength(1);
    expect(machinePaths(one(`see https://example.org/${folder}/x and packages/${folder}/x`))).toEqual([]);
  });

  test.each([
    "const shardOf = 1;",
    "const MAX_SHARDS = 1;",
    "type DirectoryShard = 1;",
    "function f(shard: 1) {}",
    "const f = (laneManager) => 1;",
    "type T = { shard: string };",
  ])("of a word is seen in %s", (source) => {
    expect(foreignWords(one(source))).toHaveLength(1);
  });

  test("of a word is not seen in other words, nor in a library's own", () => {
    expect(foreignWords(one("const refused = confused; cluster.shards(); const fused = 1;"))).toEqual([]);
  });

  test("of a link is seen: a missing file, an absolute path, a way out of the repository", () => {
    const dead = (source: string) => deadLinks(one(source, "docs/a.md"), (path) => path === "docs/b.md").length;
    expect(dead("see [b](b.md), [b](./b.md#part), [w](https://example.org), [h](#here)")).toBe(0);
    expect(dead("see [c](c.md)")).toBe(1);
    expect(dead("see [c][c]\n\n[c]: c.md")).toBe(1);
    expect(dead("see [c](/docs/b.md) and [d](../../b.md)")).toBe(2);
    expect(dead("`[c](c.md)`\n\n```\n[c](c.md)\n```\n")).toBe(0);
  });
});
