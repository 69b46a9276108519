/**
 * What a body may say: what its schema names, and nothing besides. A field that nobody reads is mostly one that is misspelt,
 * and a `disabled` that is passed over in silence leaves a user enabled. So every door is strict, whatever its schema says
 * of other fields; whoever reads an answer goes by the schema itself and lets later versions add to it.
 */
import type { TSchema } from "typebox";

/** The schema, with every object that names its properties closed to others. Records stay open: their names are data. */
export function closed<T extends TSchema>(schema: T): T {
  return walk(schema) as T;
}

function walk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  return "properties" in copy ? { ...copy, additionalProperties: false } : copy;
}

interface Flaw {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const longestName = 60;

/** What is wrong, where, in one line. `part` is `body`, `querystring`, .. */
export function explainFlaws(flaws: readonly Flaw[], part: string): Error {
  const said = flaws.map(({ keyword, instancePath, message, params }) => {
    const other = keyword === "additionalProperties" ? String(params["additionalProperty"]).slice(0, longestName) : "";
    return `${part}${instancePath} ${other === "" ? message : `has ${other}, which nobody reads`}`;
  });
  return new Error([...new Set(said)].join(", "));
}
