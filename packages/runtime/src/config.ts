/**
 * Configuration: read once, checked whole, frozen. A file is YAML (JSON is YAML too), so that every problem can be named
 * with its line and column. A bad file is one error that lists every problem, a key that nobody reads among them; nothing
 * inside a process ever meets a missing value or a default. No service looks at the environment.
 */
import { readFileSync } from "node:fs";
import { Type, type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { InstanceIdSchema, PartitionIdSchema } from "@cordon/model";
import { unknownKeys } from "./unknown-keys.ts";

/** What every process is told, whatever it is. */
export const ProcessConfigSchema = Type.Object({
  /** The process's name in events and logs. */
  name: Type.String({ minLength: 1, maxLength: 40 }),
  partition: Type.Optional(PartitionIdSchema),
  instance: Type.Optional(InstanceIdSchema),
  /** File that events are appended to, one JSON object a line. */
  eventsFile: Type.String({ minLength: 1 }),
  /** The supervisor's unix socket; null when there is no supervisor. */
  supervisorSocket: Type.Union([Type.String({ minLength: 1 }), Type.Null()]),
  logLevel: Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")]),
});
export type ProcessConfig = Static<typeof ProcessConfigSchema>;

/** Where a server listens. Port 0 means any free port; the process says which in its `ready` line. */
export const ListenSchema = Type.Object({
  host: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
});
export type Listen = Static<typeof ListenSchema>;

export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  /** Path of the value, as in `guard.retry.attempts`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** Every problem of a configuration, as `file:line:column path: what is wrong`. Its message is meant for the user. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(
      problems.map((p) => `${file}:${p.line}:${p.column} ${p.path === "" ? "" : `${p.path}: `}${p.message}`).join("\n"),
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** What becomes of keys that the schema does not name. */
type Unknown = "refused" | "passed over";

/** The value in `text`, checked against `schema` and frozen. Throws ConfigError. */
export const parseConfig = <S extends TSchema>(schema: S, text: string, file: string): Readonly<Static<S>> =>
  parse(schema, text, file, "refused");

function parse<S extends TSchema>(schema: S, text: string, file: string, unknowns: Unknown): Readonly<Static<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => ({
        ...place(error.pos[0]),
        path: "",
        message: error.message.split("\n")[0] ?? "not YAML",
      })),
    );
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias without its anchor, or aliases of aliases that would unfold without end.
    const message = error instanceof Error ? error.message : "cannot be unfolded";
    throw new ConfigError(file, [{ line: 1, column: 1, path: "", message }]);
  }
  const validator = Compile(schema);
  const strange = unknowns === "refused" ? unknownKeys(schema, value, []) : [];
  const unknown = strange.map(({ keys, known }): ConfigProblem => {
    const message = `is not a key that is known here; these are: ${known.join(", ")}`;
    return { ...place(offsetOfKey(document, keys)), path: keys.join("."), message };
  });
  if (unknown.length > 0 || !validator.Check(value)) {
    const problems = validator.Errors(value).map((error): ConfigProblem => {
      const missing = error.keyword === "required" ? error.params.requiredProperties : [];
      const keys = error.instancePath
        .split("/")
        .slice(1)
        .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
      const message = missing.length > 0 ? `is missing ${missing.join(", ")}` : error.message;
      return { ...place(offsetOf(document, keys)), path: keys.join("."), message };
    });
    throw new ConfigError(
      file,
      [...problems, ...unknown].toSorted((a, b) => a.line - b.line || a.column - b.column),
    );
  }
  return deepFreeze(value) as Readonly<Static<S>>;
}

/** Reads and checks a configuration file. Throws ConfigError, also when the file cannot be read. */
export const readConfig = <S extends TSchema>(schema: S, file: string): Readonly<Static<S>> =>
  parse(schema, textOf(file, "give the path of a configuration file"), file, "refused");

/**
 * Reads and checks a file that a program wrote, such as a result: later versions add keys, so those that nobody knows are
 * passed over. `kind` says to a person what the file should be. Throws ConfigError, as readConfig does.
 */
export function readContract<S extends TSchema>(schema: S, file: string, kind: string): Readonly<Static<S>> {
  const text = textOf(file, `give the path of ${kind}`);
  const validator = Compile(schema);
  try {
    const value: unknown = JSON.parse(text);
    if (validator.Check(value)) return deepFreeze(value) as Readonly<Static<S>>;
  } catch {
    // What is wrong is found below, with its place; that costs time only where there is something wrong.
  }
  return parse(schema, text, file, "passed over");
}

function textOf(file: string, whatToDo: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    throw new ConfigError(file, [{ line: 1, column: 1, path: "", message: `cannot be read (${code}); ${whatToDo}` }]);
  }
}

/** The offset of the value at `keys`, or of the nearest one above it that is there. */
function offsetOf(document: Document, keys: readonly string[]): number {
  for (let depth = keys.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth), true);
    const range = (node as Node | null | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}

/** The offset of the key at `keys`, which stands before its value. */
function offsetOfKey(document: Document, keys: readonly string[]): number {
  const parent = document.getIn(keys.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === keys.at(-1))
    : undefined;
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(document, keys);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
