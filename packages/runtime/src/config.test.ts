import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import {
  ConfigError,
  ListenSchema,
  parseConfig,
  ProcessConfigSchema,
  readConfig,
  readContract,
  type ConfigProblem,
} from "./config.ts";
import { makeFolder } from "./test-support.ts";

const Schema = Type.Object({
  name: Type.String({ minLength: 1 }),
  listen: ListenSchema,
  guard: Type.Object({ attempts: Type.Integer({ minimum: 0 }), "a/b~c": Type.Optional(Type.Boolean()) }),
  peers: Type.Optional(Type.Array(Type.String({ format: "uri" }))),
});
const good = `name: mail
listen: { host: 127.0.0.1, port: 0 }
guard:
  attempts: 3
`;

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    parseConfig(Schema, text, "mail.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
const places = (text: string): string[] => problemsOf(text).map((p) => `${p.line}:${p.column} ${p.path}`);

test("a good file is the value it says, frozen all the way down", () => {
  const value = parseConfig(Schema, good, "mail.yaml");
  expect(value).toEqual({ name: "mail", listen: { host: "127.0.0.1", port: 0 }, guard: { attempts: 3 } });
  expect([value, value.listen, value.guard].map((part) => Object.isFrozen(part))).toEqual([true, true, true]);
});

test("JSON is read too, since JSON is YAML", () => {
  const json = JSON.stringify({ name: "mail", listen: { host: "::1", port: 1 }, guard: { attempts: 0 } });
  expect(parseConfig(Schema, json, "mail.json").listen).toEqual({ host: "::1", port: 1 });
});

test("every problem is named at once, each with its line and column", () => {
  const bad = `name: ""
listen:
  host: 127.0.0.1
  port: 70000
guard:
  attempts: many
  a/b~c: 1
peers:
  - http://one.example
  - not a uri
`;
  expect(places(bad)).toEqual([
    "1:7 name",
    "4:9 listen.port",
    "6:13 guard.attempts",
    "7:10 guard.a/b~c",
    "10:5 peers.1",
  ]);
});

test("what is missing is named where it should stand", () => {
  expect(problemsOf("name: mail\nlisten: { host: a }\n")).toEqual([
    { line: 1, column: 1, path: "", message: "is missing guard" },
    { line: 2, column: 9, path: "listen", message: "is missing port" },
  ]);
});

test("what is not YAML, an empty file, a key given twice and an alias without an anchor are problems with a place", () => {
  expect(places("name: [1\nlisten: 2\n")[0]).toMatch(/^\d+:\d+ $/);
  expect(places("")).toEqual(["1:1 "]);
  expect(places("name: a\nname: b\n")).toEqual(["2:1 "]);
  expect(places("name: *nowhere\n")).toHaveLength(1);
});

test("aliases that would unfold without end are a problem, and not a full memory", () => {
  const rows = Array.from({ length: 9 }, (_, i) => {
    const row = Array.from({ length: 9 }, () => (i === 0 ? "x" : `*a${i - 1}`));
    return `a${i}: &a${i} [${row.join(", ")}]`;
  });
  expect(places(rows.join("\n"))).toEqual(["1:1 "]);
});

test("a file that is not there is a message with its path and what to do, and no stack", async () => {
  await using folder = await makeFolder();
  const absent = join(folder.path, "absent.yaml");
  expect(() => readConfig(Schema, absent)).toThrow(`${absent}:1:1 cannot be read (ENOENT)`);
  const file = join(folder.path, "mail.yaml");
  await writeFile(file, good);
  expect(readConfig(Schema, file).name).toBe("mail");
  await writeFile(file, `${good}peers: [1]\n`);
  expect(() => readConfig(Schema, file)).toThrow(`${file}:5:9 peers.0: must be string`);
});

test("a key that nobody reads is a problem where it stands, with the keys that are read", () => {
  const text = `name: mail
nmae: mail
listen:
  host: 127.0.0.1
  port: 0
  prot: 1
guard: { attempts: 3, backoff: 2 }
`;
  expect(problemsOf(text)).toEqual([
    {
      line: 2,
      column: 1,
      path: "nmae",
      message: "is not a key that is known here; these are: name, listen, guard, peers",
    },
    { line: 6, column: 3, path: "listen.prot", message: "is not a key that is known here; these are: host, port" },
    {
      line: 7,
      column: 23,
      path: "guard.backoff",
      message: "is not a key that is known here; these are: attempts, a/b~c",
    },
  ]);
});

test("an unknown key and a wrong value are named together", () => {
  expect(places("name: mail\nlisten: { host: a, port: b }\nguard: { attempts: 3, extra: 1 }\n")).toEqual([
    "2:26 listen.port",
    "3:23 guard.extra",
  ]);
});

test("a key of another variant is unknown, named once; a list's items and an open object are judged each as they are", () => {
  const Variants = Type.Object({
    bulkhead: Type.Union([
      Type.Object({ kind: Type.Literal("own"), seats: Type.Integer() }),
      Type.Object({ kind: Type.Literal("shared"), connections: Type.Integer() }),
      Type.Literal("off"),
    ]),
    list: Type.Array(Type.Object({ name: Type.String() })),
    open: Type.Object({}, { additionalProperties: true }),
    table: Type.Record(Type.String(), Type.Integer()),
  });
  const problemsIn = (value: object): readonly string[] => {
    try {
      parseConfig(Variants, JSON.stringify(value), "f");
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    }
    return [];
  };
  const rest = { list: [{ name: "a" }], open: { anything: 1 }, table: { any: 1 } };
  expect(problemsIn({ ...rest, bulkhead: { kind: "shared", connections: 1 } })).toEqual([]);
  expect(problemsIn({ ...rest, bulkhead: "off" })).toEqual([]);
  expect(problemsIn({ ...rest, bulkhead: { kind: "shared", connections: 1, seats: 1 } })).toEqual([
    "bulkhead.seats is not a key that is known here; these are: kind, connections",
  ]);
  expect(problemsIn({ ...rest, bulkhead: "off", list: [{ name: "a" }, { name: "b", size: 1 }] })).toEqual([
    "list.1.size is not a key that is known here; these are: name",
  ]);
});

test("a process is told its partition and its instance in their own form", () => {
  const base = { name: "p3a", eventsFile: "e", supervisorSocket: null, logLevel: "info" };
  const parse = (more: object) => () => parseConfig(ProcessConfigSchema, JSON.stringify({ ...base, ...more }), "f");
  expect(parse({ partition: "p3", instance: "p3a" })()).toMatchObject({ partition: "p3", instance: "p3a" });
  expect(parse({ partition: "shop" })).toThrow("partition");
  expect(parse({ instance: "p3" })).toThrow("instance");
  expect(parse({ logLevel: "loud" })).toThrow("logLevel");
});

describe("what a program wrote", () => {
  const Written = Type.Object({ schema: Type.Literal("a/1"), figures: Type.Object({ ms: Type.Number() }) });

  test("is read with the keys of a later version", async () => {
    await using folder = await makeFolder();
    const file = join(folder.path, "result.json");
    const value = { schema: "a/1", later: true, figures: { ms: 3, more: [1] } };
    await writeFile(file, JSON.stringify(value));
    expect(readContract(Written, file, "a result")).toEqual(value);
  });

  test.each([
    ["what does not fit", '{\n  "schema": "a/1",\n  "figures": { "ms": "3" }\n}\n', "3:22 figures.ms: must be number"],
    ["what is broken off", '{\n  "schema": "a/1",\n  "fig', "3:"],
  ])("is refused by line and column for %s", async (_, text, right) => {
    await using folder = await makeFolder();
    const file = join(folder.path, "result.json");
    await writeFile(file, text);
    expect(() => readContract(Written, file, "a result")).toThrow(`${file}:${right}`);
    expect(() => readContract(Written, `${file}.not`, "a result")).toThrow(
      ":1:1 cannot be read (ENOENT); give the path of a result",
    );
  });
});
