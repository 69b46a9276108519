/**
 * What every command promises, held to the tree of commands itself, so that a new one cannot forget it: help in 80
 * columns, the nearest word for a wrong one, and a published form for its JSON.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { createProgram } from "./program.ts";

interface Named {
  /** The words after `cordon`. */
  readonly words: readonly string[];
  readonly command: Command;
}

const below = (command: Command, words: readonly string[]): readonly Named[] =>
  command.commands.flatMap((inner) => {
    const named = { words: [...words, inner.name()], command: inner };
    return [named, ...below(inner, named.words)];
  });
const commandsOf = (program: Command): readonly Named[] => [{ words: [], command: program }, ...below(program, [])];
const all = commandsOf(createProgram(() => {})).map(({ words, command }) => [words.join(" "), command] as const);

/** What `cordon WORDS` says against them, in lower case; whatever else it would say is swallowed. */
async function refusalOf(words: readonly string[]): Promise<string> {
  let ended = false;
  const program = createProgram(() => {
    ended = true;
  });
  let said = "";
  for (const { command } of commandsOf(program)) {
    const write = (text: string): void => {
      said += text;
    };
    command.configureOutput({ writeErr: write, writeOut: write });
  }
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) said += error instanceof Error ? error.message : String(error);
    return said.toLowerCase().replaceAll("'", "");
  }
  throw new Error(`${words.join(" ")} was not refused${ended ? ", and was done" : ""}`);
}

/** The word with its last letter doubled: near, and never right. */
const mistyped = (word: string): string => `${word}${word.at(-1) ?? ""}`;

test("the tree has the commands that a person looks for", () => {
  const names = all.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(["drill run", "up", "fault add", "isolate", "doctor"]));
});

test.each(all)("help of cordon %s fits 80 columns and says what it is for", (_, command) => {
  expect(command.description()).not.toBe("");
  const lines = command.helpInformation().split("\n");
  expect(lines.filter(({ length }) => length > 80)).toEqual([]);
});

describe("a mistyped word", () => {
  test.each(all.filter(([name]) => name !== ""))("for %s is answered with the right one", async (name, command) => {
    const words = name.split(" ");
    const wrong = [...words.slice(0, -1), mistyped(command.name())];
    expect(await refusalOf(wrong)).toContain(`did you mean ${command.name()}?`);
  });

  test.each(all.flatMap(([name, command]) => command.options.map((option) => [name, option.long ?? ""] as const)))(
    "for an option of cordon %s, %s, is answered with the right one",
    async (name, option) => {
      const words = name === "" ? [] : name.split(" ");
      const said = await refusalOf([...words, mistyped(option)]);
      expect(said).toContain(`(did you mean ${option}?)`);
    },
  );
});

describe("the table of what --json prints", () => {
  const folder = new URL("../../../docs/schema/", import.meta.url);
  const rows = readFileSync(new URL("README.md", folder), "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, words, schema, file] = /^\| `cordon ([a-z -]+?) --json` +\| \[([^\]]+)\]\(([^)]+)\)/.exec(line) ?? [];
      return words === undefined || schema === undefined || file === undefined ? [] : [{ words, schema, file }];
    });

  test("has each command that takes --json, and no other", () => {
    const takes = all.filter(([, command]) => command.options.some(({ long }) => long === "--json"));
    expect(takes.length).toBeGreaterThan(0);
    expect(rows.map(({ words }) => words).toSorted()).toEqual(takes.map(([name]) => name).toSorted());
  });

  test.each(rows)("leads from $words to a schema that names itself $schema", ({ schema, file }) => {
    expect(existsSync(new URL(file, folder))).toBe(true);
    const published = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
      title?: string;
      required?: readonly string[];
      properties?: { schema?: { const?: string } };
    };
    expect(published.properties?.schema?.const).toBe(schema);
    expect(published.required).toContain("schema");
    expect(published.title).toContain(schema);
  });
});
