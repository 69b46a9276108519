/**
 * The text of a lesson: a document under docs/lessons, read section by section, so that what is printed in a terminal and
 * what is read in a browser are the same words. Of Markdown it knows what lessons are written in: paragraphs, lists, code
 * in fences, links and code in a line. What is printed fits 80 columns.
 */
import { wrapped } from "../layout.ts";

/** The sections each lesson has, by their headings. */
export const sectionNames = [
  "What happened",
  "The bet",
  "The run",
  "What it shows",
  "The pattern",
  "Your turn",
  "Hints",
] as const;
export type SectionName = (typeof sectionNames)[number];

export interface LessonText {
  readonly title: string;
  /** Blocks of each section, in order. */
  readonly sections: Readonly<Record<SectionName, readonly Block[]>>;
}

export type Block =
  | { readonly kind: "paragraph"; readonly text: string }
  /** `mark`: `-`, or the number of a numbered one, as in `2.`. */
  | { readonly kind: "item"; readonly mark: string; readonly text: string }
  | { readonly kind: "code"; readonly lines: readonly string[] };

/** Reads a document. Throws when it has no title, or lacks a section: then the checkout is broken. */
export function readLesson(markdown: string): LessonText {
  const [head = "", ...parts] = markdown.split(/^## /m);
  const title = /^# (?:Lesson \d+: )?(.+)$/m.exec(head)?.[1];
  if (title === undefined) throw new Error("a lesson begins with its title");
  const bodies = new Map(
    parts.map((part) => {
      const [heading = "", ...lines] = part.split("\n");
      return [heading.trim(), lines] as const;
    }),
  );
  const sections = sectionNames.map((name) => {
    const lines = bodies.get(name);
    if (lines === undefined) throw new Error(`the lesson "${title}" has no section "${name}"`);
    return [name, blocksOf(lines)] as const;
  });
  return { title, sections: Object.fromEntries(sections) as LessonText["sections"] };
}

/** Numbered and other items of a section, without their marks, as Markdown. */
export const itemsOf = (blocks: readonly Block[]): readonly string[] =>
  blocks.flatMap((block) => (block.kind === "item" ? [block.text] : []));

/** The lines of a section's first code block, each with its end. */
export const codeOf = (blocks: readonly Block[]): string =>
  (blocks.find((block) => block.kind === "code")?.lines ?? []).map((line) => `${line}\n`).join("");

/** Blocks for a terminal, an empty line between those that do not belong together. */
export const blocksText = (blocks: readonly Block[]): string =>
  blocks
    .map((block, index) => {
      const before = blocks[index - 1];
      const joins = before?.kind === "item" && block.kind === "item";
      return `${index === 0 || joins ? "" : "\n"}${blockText(block)}`;
    })
    .join("\n");

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return wrapped("", plain(block.text));
    case "item":
      return wrapped(`  ${block.mark} `, plain(block.text));
    case "code":
      return block.lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n");
  }
}

/** Markdown in a line as plain words: links by their text, code and stress without their marks. */
export const plain = (text: string): string =>
  text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1").replaceAll(/`([^`]+)`|\*\*([^*]+)\*\*/g, (_, code, bold) => {
    return String(code ?? bold);
  });

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let open: { kind: "paragraph" | "item"; mark: string; words: string[] } | undefined;
  let code: string[] | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const text = open.words.join(" ");
    blocks.push(open.kind === "item" ? { kind: "item", mark: open.mark, text } : { kind: "paragraph", text });
    open = undefined;
  };
  for (const line of lines) {
    if (line.startsWith("```")) {
      close();
      if (code !== undefined) blocks.push({ kind: "code", lines: code });
      code = code === undefined ? [] : undefined;
    } else if (code !== undefined) code.push(line);
    else {
      const [, mark, rest] = /^(-|\d+\.) +(.*)$/.exec(line) ?? [];
      if (line.trim() === "" || mark !== undefined) close();
      if (mark !== undefined) open = { kind: "item", mark, words: [rest ?? ""] };
      else if (line.trim() !== "") {
        open ??= { kind: "paragraph", mark: "", words: [] };
        open.words.push(line.trim());
      }
    }
  }
  close();
  return blocks;
}
