/**
 * The small rules of a readable tree, each a pure function from files to breaches: a head that says what a file is
 * for, files short enough to read in one go, nothing postponed or silently skipped, no path of somebody's machine, one
 * word for one thing, and documents whose links lead somewhere. Each looks at syntax where words alone would mislead:
 * a note of unfinished work is text in a printed report, and a debt in a comment.
 */
import { posix } from "node:path";

import { parseSync, Visitor } from "oxc-parser";
import type { Comment, Expression } from "oxc-parser";

import type { Breach } from "./architecture.ts";
import type { SourceFile } from "./sources.ts";
import { isTest, lineAt } from "./sources.ts";

const MOST_LINES = 400;
/** Shorter than a sentence says nothing about a file. */
const LEAST_HEAD_CHARACTERS = 40;

/** Words the vocabulary has a better one for, as parts of a declared name, and the word to use. */
const BETTER_WORDS: ReadonlyMap<string, string> = new Map([
  ["shard", "partition"],
  ["semaphore", "bulkhead or seat"],
  ["fuse", "breaker"],
  ["tripped", "open"],
  ["chaos", "fault or drill"],
  ["manager", "the noun it manages"],
  ["helper", "what it does"],
]);

type Parsed = { file: SourceFile; comments: Comment[]; program: ReturnType<typeof parseSync>["program"] };

const parse = (file: SourceFile): Parsed => {
  const { comments, program } = parseSync(file.path, file.source);
  return { file, comments, program };
};

/** Every source of a package begins with a paragraph; `index.ts` only lists, and a test's names are its sentences. */
export function headless(files: readonly SourceFile[]): Breach[] {
  return files
    .filter(({ path }) => path.startsWith("packages/") && !path.endsWith("/index.ts") && !isTest(path))
    .map(parse)
    .filter(({ file, comments }) => headOf(file.source, comments).length < LEAST_HEAD_CHARACTERS)
    .map(({ file: { path } }) => ({
      rule: "a head",
      path,
      line: 1,
      message: "does not begin with a paragraph of prose",
    }));
}

/** The comments before the first line of code, without their stars. */
function headOf(source: string, comments: readonly Comment[]): string {
  let end = source.startsWith("#!") ? source.indexOf("\n") : 0;
  const words: string[] = [];
  for (const comment of comments) {
    if (comment.start < end) continue;
    if (source.slice(end, comment.start).trim() !== "") break;
    words.push(comment.value.replaceAll(/^[\s*]+/gm, " ").trim());
    end = comment.end;
  }
  return words.join(" ");
}

export function overlong(files: readonly SourceFile[]): Breach[] {
  return files
    .map(({ path, source }) => ({ path, lines: source.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => ({ rule: "short files", path, line: MOST_LINES, message: `has ${lines} lines` }));
}

/** A debt is paid or written in the documents, not left in a comment. */
export function postponed(files: readonly SourceFile[]): Breach[] {
  return files.map(parse).flatMap(({ file: { path, source }, comments }) =>
    comments
      .filter(({ value }) => /\b(?:TODO|FIXME|XXX)\b/.test(value))
      .map(({ start }) => ({
        rule: "nothing postponed",
        path,
        line: lineAt(source, start),
        message: "leaves a debt",
      })),
  );
}

const SKIPS = new Set(["skip", "skipIf", "runIf", "todo", "fails"]);
const SUITES = new Set(["test", "it", "describe", "suite"]);

/** `.only` never; a skip carries its reason in a comment on its line or on the line above. */
export function skipped(files: readonly SourceFile[]): Breach[] {
  return files.map(parse).flatMap(({ file: { path, source }, comments, program }) => {
    const explained = new Set(comments.flatMap(({ end }) => [lineAt(source, end), lineAt(source, end) + 1]));
    const breaches: Breach[] = [];
    new Visitor({
      MemberExpression(node) {
        const { property } = node;
        if (node.computed || property.type !== "Identifier" || !SUITES.has(rootName(node.object) ?? "")) return;
        const line = lineAt(source, property.start);
        const message = `.${property.name} ${property.name === "only" ? "hides the other tests" : "gives no reason"}`;
        const bad = property.name === "only" || (SKIPS.has(property.name) && !explained.has(line));
        if (bad) breaches.push({ rule: "no silent skip", path, line, message });
      },
    }).visit(program);
    return breaches;
  });
}

function rootName(expression: Expression): string | undefined {
  if (expression.type === "Identifier") return expression.name;
  return expression.type === "MemberExpression" ? rootName(expression.object) : undefined;
}

const MACHINE_PATH = new RegExp(`(?:^|[\\s"'\`(=:,])/(?:${["work", "root", "home"].join("|")})/\\w`, "gm");

/** What only exists on one machine helps nobody else. Holds for every kind of text. */
export function machinePaths(files: readonly SourceFile[]): Breach[] {
  return files.flatMap(({ path, source }) =>
    [...source.matchAll(MACHINE_PATH)].map((match) => ({
      rule: "no machine's paths",
      path,
      line: lineAt(source, match.index + 1),
      message: `names ${match[0].trim()}...`,
    })),
  );
}

/** One word for one thing, in the names that are declared here; names of libraries are theirs. */
export function foreignWords(files: readonly SourceFile[]): Breach[] {
  return files.map(parse).flatMap(({ file: { path, source }, program }) =>
    declaredNames(program).flatMap(({ name, start }) =>
      wordsOf(name)
        .filter((word) => BETTER_WORDS.has(word))
        .map((word) => ({
          rule: "one word for one thing",
          path,
          line: lineAt(source, start),
          message: `${name}: say ${BETTER_WORDS.get(word) ?? ""}`,
        })),
    ),
  );
}

type Name = { name: string; start: number };

function declaredNames(program: Parsed["program"]): Name[] {
  const names: Name[] = [];
  const add = (id: { type: string } | null): void => {
    if (id !== null && id.type === "Identifier" && "name" in id && "start" in id) names.push(id as unknown as Name);
  };
  new Visitor({
    VariableDeclarator: ({ id }) => add(id),
    FunctionDeclaration: ({ id, params }) => [id, ...params].forEach(add),
    ArrowFunctionExpression: ({ params }) => params.forEach(add),
    ClassDeclaration: ({ id }) => add(id),
    TSTypeAliasDeclaration: ({ id }) => add(id),
    TSInterfaceDeclaration: ({ id }) => add(id),
    TSPropertySignature: ({ key }) => add(key),
  }).visit(program);
  return names;
}

/** `shardOf`, `MAX_SHARDS` and `DirectoryShard` all contain the word `shard`. */
const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[\s_]+/)
    .map((word) => word.toLowerCase().replace(/s$/, ""));

/** Relative links of markdown lead to a file or folder of the repository. Code, in fences or ticks, is no link. */
export function deadLinks(documents: readonly SourceFile[], exists: (path: string) => boolean): Breach[] {
  const rule = "links lead somewhere";
  return documents.flatMap(({ path, source }) => {
    const prose = source.replaceAll(/^(```|~~~)[^]*?^\1|`[^`\n]*`/gm, (code) => code.replaceAll(/[^\n]/g, " "));
    const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
    return targets.flatMap((match) => {
      const target = match[1] ?? match[2] ?? "";
      if (/^[a-z][a-z+.-]*:/i.test(target) || target.startsWith("#")) return [];
      const [file = ""] = target.split("#");
      const resolved = posix.join(posix.dirname(path), decodeURIComponent(file));
      const leads = !target.startsWith("/") && !resolved.startsWith("..") && exists(resolved);
      return leads ? [] : [{ rule, path, line: lineAt(source, match.index), message: `${target} leads nowhere` }];
    });
  });
}
