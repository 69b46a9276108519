import * as fc from "fast-check";
import { expect, test } from "vitest";
import { beforeMessage, undot } from "./dots.ts";

/** The message, and what came after its final dot; null when that did not come. */
function read(chunks: readonly string[]): { message: string; rest: string | null } {
  let state = beforeMessage;
  let message = "";
  for (const [index, chunk] of chunks.entries()) {
    const bytes = Buffer.from(chunk, "latin1");
    const undotted = undot(state, bytes);
    state = undotted.state;
    message += undotted.message.toString("latin1");
    if (undotted.endedAt !== undefined)
      return {
        message,
        rest: bytes.subarray(undotted.endedAt).toString("latin1") + chunks.slice(index + 1).join(""),
      };
  }
  return { message, rest: null };
}

test.each([
  [".\r\nQUIT\r\n", "", "QUIT\r\n"],
  ["a\r\n.\r\n", "a\r\n", ""],
  ["..\r\n.\r\n", ".\r\n", ""],
  ["a\r\n...b\r\n..\r\n.\r\n", "a\r\n..b\r\n.\r\n", ""],
  [".a\r\n.\r\n", "a\r\n", ""],
  ["a\n.\r\nMAIL\r\n.\r\n", "a\n.\r\nMAIL\r\n", ""],
  ["a\r.\r\n.\r\n", "a\r.\r\n", ""],
  ["a\r\n.\n\r\n.\r\n", "a\r\n\n\r\n", ""],
  ["a\r\n.\r.\r\n.\r\n", "a\r\n\r.\r\n", ""],
  ["a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", ""],
  ["a\r\n.", "a\r\n", null],
] as const)("%j is the message %j, and after it %j", (wire, message, rest) => {
  expect(read([wire])).toEqual({ message, rest });
});

const soup = fc
  .array(fc.constantFrom("\r", "\n", "\r\n", ".", "..", "\r\n.\r\n", "x"), { maxLength: 30 })
  .map((parts) => parts.join(""));

test("wherever the wire is cut into chunks, the message and its end are the same", () => {
  fc.assert(
    fc.property(soup, fc.array(fc.nat({ max: 40 })), (wire, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, wire.length)), wire.length].toSorted((a, b) => a - b);
      const chunks = places.slice(1).map((end, index) => wire.slice(places[index], end));
      expect(read(chunks)).toEqual(read([wire]));
    }),
  );
});

test("what a client stuffs comes out as it was, and its end is found", () => {
  const line = fc.array(fc.constantFrom(".", "x", " "), { maxLength: 5 }).map((bytes) => bytes.join(""));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const wire = lines.map((text) => `${text.startsWith(".") ? "." : ""}${text}\r\n`).join("");
      expect(read([`${wire}.\r\nNOOP\r\n`])).toEqual({
        message: lines.map((text) => `${text}\r\n`).join(""),
        rest: "NOOP\r\n",
      });
    }),
  );
});
