import * as fc from "fast-check";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { createLineParser, createLineSplitter } from "./lines.ts";

function split(maxBytes: number, ...chunks: readonly (string | Buffer)[]): { lines: string[]; whole: boolean } {
  const lines: string[] = [];
  const splitter = createLineSplitter(maxBytes, (line) => lines.push(line));
  return { lines, whole: chunks.every((chunk) => splitter.push(Buffer.from(chunk))) };
}

test("lines come out as they went in, wherever the chunks were cut", () => {
  const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n") && text !== "");
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(40)), (sent, cuts) => {
      const bytes = Buffer.from(sent.map((text) => `${text}\n`).join(""));
      const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
      expect(split(100_000, ...chunks)).toEqual({ lines: sent, whole: true });
    }),
  );
});

test("a line may have as many bytes as it may, and not one more", () => {
  expect(split(4, "abcd\n")).toEqual({ lines: ["abcd"], whole: true });
  expect(split(4, "abcde\n")).toEqual({ lines: [], whole: false });
  expect(split(4, "ab\nabcde\nab\n")).toEqual({ lines: ["ab"], whole: false });
  expect(split(4, "äöü\n")).toEqual({ lines: [], whole: false });
});

test("a line that does not end is given up as soon as it is too long", () => {
  expect(split(4, "abc", "d")).toEqual({ lines: [], whole: true });
  expect(split(4, "abc", "de")).toEqual({ lines: [], whole: false });
});

test("a line is a value that fits, or nothing", () => {
  const parse = createLineParser(Type.Object({ beat: Type.Integer() }));
  expect(parse('{"beat":1}')).toEqual({ beat: 1 });
  for (const text of ["", "{", "[]", '{"beat":1.5}', '{"beat":"1"}']) expect(parse(text)).toBeUndefined();
});
