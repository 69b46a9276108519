/**
 * Holds the documents to the code, so that they cannot rot: each number of a preset and of a lab's processes stands in
 * docs/limits.md with its value, and nothing else stands there as one; a pattern names a file, a knob and a command
 * that exist; a drill's page has its variants, limits and sizes.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { drills } from "@cordon/drill";
import { isPresetName } from "@cordon/lab";
import { isProtectionId, protectionIds } from "@cordon/model";
import { describe, expect, test } from "vitest";

import { codeIn, linksIn, rowsOf, told, valueIn } from "./support/documents.ts";
import type { Row } from "./support/documents.ts";
import { numbersIn } from "./support/numbers.ts";
import type { NamedValue } from "./support/numbers.ts";
import { ROOT } from "./support/sources.ts";

type Named = ReadonlyMap<string, NamedValue>;

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const codeOf = (path: string): Named => numbersIn(path, read(path));

/** The entries of `code` below `prefix`, without it. */
const below = (code: Named, prefix: string): Named =>
  new Map([...code].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])));

/** What the rows say in `column` of the names in `by`. What is no number and not `off` says nothing. */
function saidIn(rows: readonly Row[], by: string, column: string): Named {
  const said = rows.flatMap((row) => told(codeIn(row[by] ?? "")[0] ?? "", row[column] ?? ""));
  return new Map(
    said.flatMap(([name, cell]) => {
      const value = valueIn(cell);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Where documents and code differ. A protection that is off says so for each of its settings. */
function differences(code: Named, said: Named): readonly string[] {
  const isOff = (name: string): boolean =>
    [...code].some(([path, value]) => value === "off" && (path === name || name.startsWith(`${path}.`)));
  const unsaid = [...code].flatMap(([name, value]) => {
    if (value !== "off") return said.get(name) === value ? [] : [`${name} is ${value}, not ${said.get(name)}`];
    const found = [...said].filter(([path]) => path === name || path.startsWith(`${name}.`));
    return found.length > 0 && found.every(([, word]) => word === "off") ? [] : [`${name} is off`];
  });
  const unknown = [...said].flatMap(([name, value]) =>
    value === "off"
      ? isOff(name)
        ? []
        : [`${name} is not off`]
      : code.has(name)
        ? []
        : [`${name} is no number of it`],
  );
  return [...unsaid, ...unknown];
}

const limits = rowsOf(read("docs/limits.md"));

describe("docs/limits.md", () => {
  const presets = codeOf("packages/lab/src/presets.ts");
  const settings = limits.filter((row) => "setting" in row);

  test.each([
    ["on", "on"],
    ["off", "off"],
    ["opossum-untouched", "opossumUntouched"],
    ["opossum-timeout-only", "opossumTimeoutOnly"],
  ])("says every number of the preset %s, and no other", (preset, constant) => {
    const code = below(presets, `${constant}.`);
    expect(code.size).toBeGreaterThan(0);
    expect(differences(code, saidIn(settings, "setting", preset))).toEqual([]);
  });

  test.each(["control", "fault", "directory", "auth", "mail"])("says every bound a lab gives to %s", (service) => {
    const code = below(codeOf("packages/lab/src/configs.ts"), `${service}Config.`);
    const said = saidIn(
      limits.filter((row) => row["of"] === service),
      "bound",
      "number",
    );
    expect(code.size).toBeGreaterThan(0);
    expect(differences(code, said)).toEqual([]);
  });

  test("says every bound of a lab itself", () => {
    const code = below(codeOf("packages/lab/src/lab.ts"), "labBounds.");
    const rows = limits.filter((row) => row["of"] === "lab");
    expect(code.size).toBeGreaterThan(0);
    expect(differences(code, saidIn(rows, "bound", "number"))).toEqual([]);
  });

  test("names constants with the numbers that their files give them", () => {
    const rows = limits.filter((row) => "constant" in row);
    expect(rows.length).toBeGreaterThan(0);
    const wrong = rows.flatMap((row) => {
      const [link = ""] = linksIn(row["in"] ?? "");
      const code = codeOf(join("docs", link));
      return [...saidIn([row], "constant", "number")].flatMap(([name, value]) =>
        code.get(name) === value ? [] : [`${link}: ${name} is ${code.get(name)}, not ${value}`],
      );
    });
    expect(wrong).toEqual([]);
  });

  test("explains each protection once, in order", () => {
    expect(limits.flatMap((row) => ("id" in row ? codeIn(row["id"]) : []))).toEqual(protectionIds);
  });

  test("reads numbers by their path, products and named ones, and no others", () => {
    const source = `
      const of = (x: number) => ({ depth: 2 * unit, off: "off", not: x, inner: { ...rest, b: 3 } });
      const unit = 1_000;
      const frozen = { c: 4 } as const;`;
    expect([...numbersIn("a.ts", source)].toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ["frozen.c", 4],
      ["of.depth", 2_000],
      ["of.inner.b", 3],
      ["of.off", "off"],
      ["unit", 1_000],
    ]);
  });

  test.each([
    ["a number that has changed", "| `a` | 5 |", ["a is 4, not 5"]],
    ["a number that is missing", "| `b` | 4 |", ["a is 4, not undefined", "b is no number of it"]],
    ["a number that is off", "| `a` | off |", ["a is 4, not off", "a is not off"]],
  ])("is seen to differ by %s", (_, row, found) => {
    const said = saidIn(rowsOf(`| setting | on |\n| --- | --- |\n${row}`), "setting", "on");
    expect(differences(new Map([["a", 4]]), said)).toEqual(found);
  });
});

/** What is wrong with a command, in words; undefined when it could be run. */
function wrongWith(command: string): string | undefined {
  const [program, first = "", ...words] = command.split(" ");
  if (program === "vitest") {
    const [file = ""] = words;
    return first === "run" && existsSync(join(ROOT, file)) ? undefined : `${command}: there is no ${file}`;
  }
  if (program !== "cordon") return `${command}: neither cordon nor vitest`;
  const cli = `${read("packages/cli/src/drill-commands.ts")}${read("packages/cli/src/lab-commands.ts")}`;
  const commands = new Set([
    "isolate",
    "rejoin",
    "failover",
    ...[...cli.matchAll(/command\("(\w+)/g)].map((m) => m[1]),
  ]);
  const drill = drills.find(({ id }) => words.includes(id));
  if (!commands.has(first)) return `${command}: there is no command ${first}`;
  if (first === "drill" && (drill === undefined || !commands.has(words[0]))) return `${command}: no such drill`;
  const fine: Readonly<Record<string, (value: string) => boolean>> = {
    "--off": (value) => value.split(",").every(isProtectionId),
    "--sides": (value) => value.split(",").every(isPresetName),
    "--variant": (value) => drill?.variants.some(({ id }) => id === value) === true,
  };
  const flag = words.find((word, at) => {
    if (!word.startsWith("-")) return false;
    return !new RegExp(`[" ]${word}[ ",]`).test(cli) || fine[word]?.(words[at + 1] ?? "") === false;
  });
  return flag === undefined ? undefined : `${command}: ${flag} is not right`;
}

describe("docs/patterns.md", () => {
  const patterns = rowsOf(read("docs/patterns.md"));
  const knobs = new Set(
    limits.flatMap((row) => told(codeIn(row["setting"] ?? "")[0] ?? "", "").map(([setting]) => setting)),
  );

  test("has patterns, each under a name of its own", () => {
    expect(patterns.length).toBeGreaterThan(0);
    expect(new Set(patterns.map((row) => row["pattern"])).size).toBe(patterns.length);
  });

  test("leads from each pattern to an incident and to a file", () => {
    const headings = new Set([...read("docs/incidents.md").matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? ""));
    const lost = patterns.filter((row) => {
      const [, incident = ""] = (linksIn(row["incident"] ?? "")[0] ?? "").split("#");
      const files = linksIn(row["file"] ?? "");
      return !headings.has(incident) || files.length !== 1 || !existsSync(join(ROOT, "docs", files[0] ?? ""));
    });
    expect(lost).toEqual([]);
  });

  test("names knobs that are protections or settings", () => {
    const named = patterns.flatMap((row) => codeIn(row["knob"] ?? "")).filter((knob) => knob !== "-n");
    expect(named.filter((knob) => !isProtectionId(knob) && !knobs.has(knob))).toEqual([]);
  });

  test("has a row for each protection", () => {
    const named = new Set(patterns.flatMap((row) => codeIn(row["knob"] ?? "")));
    expect(protectionIds.filter((id) => !named.has(id))).toEqual([]);
  });

  test("shows each pattern by one command that exists", () => {
    const commands = patterns.map((row) => codeIn(row["shows it"] ?? ""));
    expect(commands.filter(({ length }) => length !== 1)).toEqual([]);
    expect(commands.flatMap(([command = ""]) => wrongWith(command) ?? [])).toEqual([]);
  });

  test.each([
    "cordon drill run 2014-06-directory-partition --off lane",
    "cordon drill run 2014-06-directory-partition --sides of,on",
    "cordon drill run 2014-06-directory-partition --variant half",
    "cordon drill run 2014-06-directory-partition --quietly",
    "cordon drill run 2015-01-nothing",
    "cordon fly p3",
    "vitest run packages/policy/src/nothing.test.ts",
    "rm -r .",
  ])("could not name a command such as %s", (command) => {
    expect(wrongWith(command)).toBeDefined();
  });
});

describe("docs/drills.md", () => {
  const rows = rowsOf(read("docs/drills.md"));
  const [drill] = drills;

  test("has the variants of the flagship, each with its limits", () => {
    const said = rows.flatMap((row) =>
      "variant" in row ? [[codeIn(row["variant"]), codeIn(row["limits"] ?? "")]] : [],
    );
    expect(said).toEqual(drill?.variants.map(({ id, limits: hold }) => [[id], hold([]).map((limit) => limit.id)]));
  });

  test.each(["quick", "full"] as const)("has the sizes of the profile %s", (profile) => {
    const sizes = Object.entries(drill?.profiles[profile] ?? {}).filter(([key]) => key !== "name");
    expect(sizes.length).toBeGreaterThan(0);
    expect([
      ...saidIn(
        rows.filter((row) => "size" in row),
        "size",
        profile,
      ),
    ]).toEqual(sizes);
  });
});
