/**
 * What one source file asks of the world: the modules it imports and the hidden inputs it reads (clock, chance,
 * timers, process). Decides by syntax alone, without types: a name counts wherever it is used as the global of that
 * name, so a local variable called `process` counts too, and is better named otherwise. A computed `import()` is kept
 * apart, because no rule can see where it leads.
 */
import { parseSync, Visitor } from "oxc-parser";
import type { Expression, MemberExpression, VisitorObject } from "oxc-parser";

import { lineAt } from "./sources.ts";
import type { SourceFile } from "./sources.ts";

export type Sighting = { what: string; line: number };

export type Module = {
  path: string;
  /** Specifiers of import and export statements, `import()` and `import("...")` types. */
  imports: Sighting[];
  /** `import(expression)` with anything but a plain string. */
  computedImports: Sighting[];
  /** Uses of hidden inputs, each as `Date.now`, `process.env`, `setTimeout`. */
  hiddenInputs: Sighting[];
  /** Messages of the parser: a file that does not parse was not judged. */
  problems: string[];
};

const TIMERS = new Set(["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]);
const OBJECTS = new Map<string, "any" | readonly string[]>([
  ["process", "any"],
  ["performance", "any"],
  ["crypto", "any"],
  ["Date", ["now"]],
  ["Math", ["random"]],
  ["Temporal", ["Now"]],
]);

export function readModule({ path, source }: SourceFile): Module {
  const { program, module, errors } = parseSync(path, source);
  const at = (what: string, offset: number): Sighting => ({ what, line: lineAt(source, offset) });
  const computedImports: Sighting[] = [];
  const imports = [
    ...module.staticImports.map((entry) => at(entry.moduleRequest.value, entry.start)),
    ...module.staticExports
      .flatMap((entry) => entry.entries)
      .flatMap((entry) => (entry.moduleRequest === null ? [] : [at(entry.moduleRequest.value, entry.start)])),
  ];
  for (const { moduleRequest, start } of module.dynamicImports) {
    const asked = source.slice(moduleRequest.start, moduleRequest.end);
    const plain = /^["'`]([^"'`$\\]+)["'`]$/.exec(asked)?.[1];
    if (plain === undefined) computedImports.push(at(asked, start));
    else imports.push(at(plain, start));
  }
  const hiddenInputs: Sighting[] = [];
  new Visitor({
    ...hiddenInputVisitor((what, offset) => hiddenInputs.push(at(what, offset))),
    TSImportType: (node) => imports.push(at(node.source.value, node.start)),
  }).visit(program);
  return { path, imports, computedImports, hiddenInputs, problems: errors.map((error) => error.message) };
}

function hiddenInputVisitor(found: (what: string, offset: number) => void): VisitorObject {
  return {
    MemberExpression(node) {
      const what = hiddenMember(node);
      if (what !== undefined) found(what, node.start);
    },
    CallExpression({ callee, start }) {
      if (callee.type === "Identifier" && (TIMERS.has(callee.name) || callee.name === "Date"))
        found(callee.name, start);
    },
    NewExpression({ callee, arguments: given, start }) {
      if (globalName(callee) === "Date" && given.length === 0) found("new Date()", start);
    },
    // `const { now } = Date` would carry the clock in under a name of its own.
    VariableDeclarator({ id, init, start }) {
      const name = init === null ? undefined : globalName(init);
      if (name === undefined || id.type !== "ObjectPattern") return;
      for (const property of id.properties) {
        const key = property.type === "Property" && property.key.type === "Identifier" ? property.key.name : undefined;
        if (isHidden(name, key)) found(`${name}.${key ?? "*"}`, start);
      }
    },
  };
}

/** `Date.now`, `process.env` and the like, also as `process["env"]` and through `globalThis`; otherwise undefined. */
function hiddenMember(node: MemberExpression): string | undefined {
  const object = globalName(node.object);
  const property = propertyName(node);
  if (object === "globalThis") return property !== undefined && TIMERS.has(property) ? property : undefined;
  return object !== undefined && isHidden(object, property) ? `${object}.${property ?? "*"}` : undefined;
}

function isHidden(object: string, property: string | undefined): boolean {
  const members = OBJECTS.get(object);
  return members === "any" || (members !== undefined && (property === undefined || members.includes(property)));
}

/** The name of a global, written plainly or as `globalThis.name`. */
function globalName(node: Expression | { type: string }): string | undefined {
  if (node.type === "Identifier" && "name" in node) return node.name;
  if (node.type !== "MemberExpression" || !("object" in node)) return undefined;
  const { object } = node;
  const viaGlobal = object.type === "Identifier" && object.name === "globalThis";
  return viaGlobal ? propertyName(node) : undefined;
}

function propertyName(node: MemberExpression): string | undefined {
  const { property } = node;
  if (!node.computed) return property.type === "Identifier" ? property.name : undefined;
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}
