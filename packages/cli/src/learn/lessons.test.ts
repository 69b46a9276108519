/**
 * Every lesson as it is given out: printed in 80 columns, pointing into the source as it is, with hints, and with a file
 * that is read without complaint and is not right yet.
 */
import { describe, expect, test } from "vitest";
import { parseConfig } from "@cordon/runtime";
import { DoorSettingsSchema } from "./door-settings.ts";
import { checkLoad } from "./judge-check.ts";
import { blocksText, plain, readLesson, sectionNames } from "./lesson-text.ts";
import { findLesson, givenFile, hintsOf, lessons, placesOf } from "./lessons.ts";

const all = lessons().map((lesson) => [lesson.number, lesson] as const);

describe.each(all)("lesson %i", (number, lesson) => {
  test("is found by its number", () => {
    expect(findLesson(String(number)).text.title).toBe(lesson.text.title);
  });

  test.each(sectionNames)("prints %s in 80 columns, without Markdown's marks", (name) => {
    const text = blocksText(lesson.text.sections[name]);
    expect(text).not.toBe("");
    expect(text.split("\n").filter(({ length }) => length > 80)).toEqual([]);
    expect(text).not.toMatch(/`|\]\(|\*\*/);
  });

  test("points to declarations that are in the source, each with its lines", () => {
    const places = placesOf(lesson);
    expect(places.length).toBeGreaterThan(0);
    for (const { lines, path, words } of places) {
      expect(lines.to).toBeGreaterThan(lines.from);
      expect(path).toMatch(/^packages\/[^.].+\.ts$/);
      expect(words).not.toBe("");
    }
  });

  test("has hints, and the last one is an answer the file can take", () => {
    const hints = hintsOf(lesson);
    expect(hints.length).toBeGreaterThan(1);
    const [, key = "", value = ""] = /`(\w+)` to (\d+)/.exec(hints.at(-1) ?? "") ?? [];
    const answered = givenFile(lesson).replace(new RegExp(`^${key}: .*$`, "m"), `${key}: ${value}`);
    expect(answered).not.toBe(givenFile(lesson));
    expect(parseConfig(DoorSettingsSchema, answered, lesson.file)).toMatchObject({ [key]: Number(value) });
  });
});

test("lesson 1 says the rate and the times that its check has", () => {
  const words = blocksText(findLesson("1").text.sections["Your turn"]).replaceAll(/\s+/g, " ");
  expect([checkLoad.perSecond, checkLoad.faultMs, checkLoad.patienceMs]).toEqual([16, 8_000, 5_000]);
  expect(words).toContain("silent for eight seconds, with sixteen sign-ins a second going to it and sixteen");
  expect(words).toContain("gives up after five seconds");
});

test("a lesson that points to what has gone is wrong", () => {
  const lesson = findLesson("1");
  const pattern = [
    { kind: "item", mark: "-", text: "[`gone`](../../packages/policy/src/deadline.ts) was here." },
  ] as const;
  const text = { ...lesson.text, sections: { ...lesson.text.sections, "The pattern": pattern } };
  expect(() => placesOf({ ...lesson, text })).toThrow(
    "points to gone, which is not in packages/policy/src/deadline.ts",
  );
});

describe("a document", () => {
  const document = (parts: readonly string[]): string =>
    ["# Lesson 7: seven", "Intro.", ...parts.map((name) => `## ${name}\n\nWords of it.`)].join("\n\n");

  test("is read section by section", () => {
    const { title, sections } = readLesson(document(sectionNames));
    expect(title).toBe("seven");
    expect(sections["The bet"]).toEqual([{ kind: "paragraph", text: "Words of it." }]);
  });

  test("without one of its sections is refused by name", () => {
    expect(() => readLesson(document(sectionNames.slice(1)))).toThrow('has no section "What happened"');
  });

  test("is printed with its lists and its code, and its links as words", () => {
    const markdown = `${document(sectionNames.slice(0, -1))}\n\n## Hints\n\nSee [\`here\`](x.md).\n\n1. one\n   more\n2. two\n\n\`\`\`yaml\na: 1\n\n# b\n\`\`\`\n`;
    expect(blocksText(readLesson(markdown).sections.Hints)).toBe(
      "See here.\n\n  1. one more\n  2. two\n\n    a: 1\n\n    # b",
    );
    expect(plain("**loud** `code`")).toBe("loud code");
  });
});
