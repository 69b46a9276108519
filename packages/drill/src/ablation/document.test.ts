import { expect, test } from "vitest";
import { documentText, keptAblation, withTables } from "./document.ts";

/** Cells are padded by the formatter; what they say is not changed by it. */
const bare = (text: string): string => text.replaceAll(/ *\| */g, "|").replaceAll(/-{3,}/g, "---");

test("the document's tables are those of the run that is kept", () => {
  const text = documentText();
  expect(bare(text)).toBe(bare(withTables(text, keptAblation())));
});

test("a table that was changed by hand is seen", () => {
  const text = documentText();
  const changed = text.replace("<!-- tables: begin -->", "<!-- tables: begin -->\n\n| by | hand |\n");
  expect(bare(changed)).not.toBe(bare(withTables(changed, keptAblation())));
});

test("a document without marks is refused", () => {
  expect(() => withTables("# Nothing", undefined)).toThrow("has not the marks");
});
