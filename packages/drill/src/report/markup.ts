/**
 * HTML that cannot be forgotten to be escaped. Whatever is put into a template is text, and is escaped, unless it is
 * markup itself: a drill's report shows lines that processes, configurations and seeds have written, and none of them
 * may become part of the page. Invariant: the only way from a string to markup without escaping is `trusted`.
 */
import { visible } from "./format.ts";

/** A piece of a page that is known to be well escaped. */
export interface Markup {
  readonly markup: string;
}

/** Text and numbers are escaped; lists are put one after the other; null leaves nothing. */
export type Piece = string | number | null | Markup | readonly Piece[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => visible(text).replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? "");

/** Text of our own that is no text to show: a style sheet, a script. */
export const trusted = (markup: string): Markup => ({ markup });

/** A piece of a page, for elements' contents and for attributes in double quotes. */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  trusted(
    parts.flatMap((part, index) => [flush(part), index < pieces.length ? written(pieces[index] ?? null) : ""]).join(""),
  );

/** The source's own indentation is for its readers: a page of many rows would carry it many times. */
const flush = (part: string): string => part.replaceAll(/\s*\n\s*/g, "\n");

function written(piece: Piece): string {
  if (piece === null) return "";
  if (typeof piece === "string") return escaped(piece);
  if (typeof piece === "number") return String(piece);
  return "markup" in piece ? piece.markup : piece.map(written).join("");
}
