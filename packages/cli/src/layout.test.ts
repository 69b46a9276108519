import { expect, test } from "vitest";
import { columnsOf, wrapped, wrappedTo } from "./layout.ts";

test("a text that fits is left in one line", () => {
  expect(wrapped("known: ", "a, b")).toBe("known: a, b");
  expect(wrapped("", `${"a".repeat(39)} ${"b".repeat(40)}`)).toHaveLength(80);
});

test("a longer one goes on under where it began", () => {
  expect(wrapped("    ", `${"a".repeat(40)} ${"b".repeat(40)} c`)).toBe(
    `    ${"a".repeat(40)}\n    ${"b".repeat(40)} c`,
  );
});

test("a word that no line can hold is never cut", () => {
  expect(wrapped("> ", `${"a".repeat(90)} b`)).toBe(`> ${"a".repeat(90)}\n  b`);
});

test("a line is as wide as the terminal, and 80 columns where there is none", () => {
  expect([{ isTTY: true, columns: 132 }, { isTTY: true, columns: 9 }, {}, { columns: 132 }].map(columnsOf)).toEqual([
    132, 40, 80, 80,
  ]);
  expect(wrappedTo(40, "on   ", "a ".repeat(30).trim())).toBe(`on   ${"a ".repeat(17)}a\n     ${"a ".repeat(11)}a`);
});
