import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lineEndsAreWhole, noBytesYet, stepLineEnds } from "./crlf.ts";

const judge = (chunks: readonly string[]): boolean =>
  lineEndsAreWhole(chunks.reduce((state, chunk) => stepLineEnds(state, Buffer.from(chunk, "latin1")), noBytesYet));

test.each([
  ["", true],
  ["a\r\nb\r\n", true],
  ["\r\n\r\n", true],
  ["a\nb\r\n", false],
  ["a\rb\r\n", false],
  ["\n.\r\n", false],
  ["a\r", false],
  ["\r\r\n", false],
  ["a\r\n\n", false],
] as const)("%j has whole line ends: %s", (text, whole) => {
  expect(judge([text])).toBe(whole);
});

test("wherever a message is cut into chunks, the verdict is that of a pattern over all of it", () => {
  const text = fc
    .array(fc.constantFrom("\r", "\n", "\r\n", ".", "x"), { maxLength: 30 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.array(fc.nat({ max: 30 })), (whole, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].toSorted((a, b) => a - b);
      const chunks = places.slice(1).map((end, index) => whole.slice(places[index], end));
      expect(judge(chunks)).toBe(!/\r(?!\n)|(?<!\r)\n/.test(whole));
    }),
  );
});
