/**
 * The lessons there are, and where each keeps its text: one document under docs/lessons, which lists, prints, gives the
 * learner's file and holds the hints. A lesson that cannot be read is a broken checkout, and no mistake of the learner's.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unknownWord } from "../words.ts";
import { declarationIn, type LineSpan } from "./code-place.ts";
import { codeOf, itemsOf, readLesson, type LessonText } from "./lesson-text.ts";

/** The root of the checkout. */
const root = fileURLToPath(new URL("../../../..", import.meta.url));
const folder = "docs/lessons";

export interface Lesson {
  readonly number: number;
  /** The document, from the root of the checkout. */
  readonly document: string;
  readonly minutes: number;
  /** The drill it runs. */
  readonly drill: string;
  /** The learner's file, beside where the command is run. */
  readonly file: string;
  readonly text: LessonText;
}

const outlines = [
  {
    number: 1,
    document: `${folder}/01-blast-radius-and-deadlines.md`,
    minutes: 10,
    drill: "2014-06-directory-partition",
    file: "lesson-1.yaml",
  },
] as const;

export const lessons = (): readonly Lesson[] =>
  outlines.map((outline) => ({
    ...outline,
    text: readLesson(readFileSync(join(root, outline.document), "utf8")),
  }));

/** The lesson of that number. Throws a Refusal that says which there are. */
export function findLesson(number: string): Lesson {
  const all = lessons();
  const lesson = all.find((one) => String(one.number) === number);
  if (lesson !== undefined) return lesson;
  throw unknownWord(
    "lesson",
    number,
    all.map((one) => String(one.number)),
  );
}

export const hintsOf = ({ text }: Lesson): readonly string[] => itemsOf(text.sections.Hints);

/** What the learner's file says as it is given. */
export const givenFile = ({ text }: Lesson): string => codeOf(text.sections["Your turn"]);

/** Something in our source that a lesson points to. */
export interface CodePlace {
  readonly symbol: string;
  /** From the root of the checkout. */
  readonly path: string;
  readonly lines: LineSpan;
  /** What it does, as Markdown. */
  readonly words: string;
}

/** Where the pattern stands in the source as it is now. Throws when a declaration has gone: then the lesson is wrong. */
export const placesOf = (lesson: Lesson): readonly CodePlace[] =>
  itemsOf(lesson.text.sections["The pattern"]).map((item) => {
    const [, symbol = "", target = "", words = ""] = /^\[`(\w+)`\]\(([^)]+)\) (.+)$/.exec(item) ?? [];
    const path = join(folder, target);
    const lines = symbol === "" ? undefined : declarationIn(readFileSync(join(root, path), "utf8"), symbol);
    if (lines === undefined) throw new Error(`${lesson.document} points to ${symbol || item}, which is not in ${path}`);
    return { symbol, path, lines, words };
  });
