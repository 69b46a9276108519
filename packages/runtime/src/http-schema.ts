/**
 * What a body may say: what its schema names, and nothing besides. A field that nobody reads is mostly one that is misspelt,
 * and a `disabled` that is passed over in silence leaves a user enabled. So every door is strict, whatever its schema says
 * of other fields; whoever reads an answer goes by the schema itself and lets later versions add to it.
 */
import type { FastifyServerOptions } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

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

/**
 * How Fastify has bodies and queries checked: by what checks configurations too. Its own engine would be loaded beside
 * that one, and cost a third of a process's start. What is sent is typed, and goes out as it is.
 */
export const schemaController = {
  compilersFactory: { buildValidator: () => validatorOf, buildSerializer: () => () => JSON.stringify },
  // Fastify's types know the compilers of its own engine only; its documentation allows any.
} as unknown as NonNullable<FastifyServerOptions["schemaController"]>;

function validatorOf({ schema }: { readonly schema: unknown }): Check {
  const validator = Compile(schema as TSchema);
  const check: Check = (value) => {
    if (validator.Check(value)) return true;
    check.errors = [...validator.Errors(value)];
    return false;
  };
  return check;
}

/** As Fastify calls it: what was wrong the last time is left on the function. */
interface Check {
  (value: unknown): boolean;
  errors?: Flaw[];
}

/** What is wrong, where, in one line. `part` is `body`, `querystring`, .. */
export function explainFlaws(flaws: readonly Flaw[], part: string): Error {
  const said = flaws.flatMap(({ keyword, instancePath, message, params }) => {
    const others = params["additionalProperties"];
    if (keyword === "additionalProperties" && Array.isArray(others))
      return others.map(
        (name) => `${part}${instancePath} has ${String(name).slice(0, longestName)}, which nobody reads`,
      );
    // It says of the same field once more that it should not be there.
    return keyword === "boolean" ? [] : [`${part}${instancePath} ${message}`];
  });
  return new Error([...new Set(said)].join(", "));
}
