/**
 * Keys of a configuration that its schema does not name. A misspelt bound is worse than a missing one: whoever wrote it
 * believes that it holds. So unknown keys are refused everywhere, and no schema has to remember to say so; one that
 * means to be open says `additionalProperties: true`.
 * Of a union, the variants count whose literals fit the value (`kind: shared`), so that a key of another variant is
 * unknown, and is named once.
 */

interface UnknownKey {
  /** The path of the key, the key itself last. */
  readonly keys: readonly string[];
  /** The keys that may stand in its place. */
  readonly known: readonly string[];
}

/** As much of a JSON Schema as configurations are made of. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly additionalProperties?: unknown;
  readonly const?: unknown;
}

/** Every unknown key of `value`, in the order in which they stand in it. */
export function unknownKeys(schema: SchemaNode, value: unknown, at: readonly string[]): readonly UnknownKey[] {
  if (Array.isArray(value)) {
    const items = { anyOf: plainOf(schema).flatMap((plain) => plain.items ?? []) };
    return value.flatMap((item, index) => unknownKeys(items, item, [...at, String(index)]));
  }
  if (!isRecord(value)) return [];
  const fitting = fittingOf(schema, value);
  if (fitting.length === 0 || fitting.some(({ additionalProperties }) => additionalProperties === true)) return [];
  const known = [...new Set(fitting.flatMap(({ properties }) => Object.keys(properties)))];
  return Object.entries(value).flatMap(([key, inner]) => {
    const keys = [...at, key];
    if (!known.includes(key)) return [{ keys, known }];
    return unknownKeys({ anyOf: fitting.flatMap(({ properties }) => properties[key] ?? []) }, inner, keys);
  });
}

type ObjectNode = SchemaNode & Required<Pick<SchemaNode, "properties">>;

/** The object schemas whose literals the value has; all of them where it has none's. */
function fittingOf(schema: SchemaNode, value: Readonly<Record<string, unknown>>): readonly ObjectNode[] {
  const objects = plainOf(schema).filter((plain): plain is ObjectNode => plain.properties !== undefined);
  const fitting = objects.filter(({ properties }) =>
    Object.entries(properties).every(([key, inner]) => inner.const === undefined || inner.const === value[key]),
  );
  return fitting.length > 0 ? fitting : objects;
}

/** The schema without its unions. */
const plainOf = (schema: SchemaNode): readonly SchemaNode[] => schema.anyOf?.flatMap(plainOf) ?? [schema];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
