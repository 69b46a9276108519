/** Finding a declaration by its name, in source as it is formatted here. */
import { expect, test } from "vitest";
import { declarationIn } from "./code-place.ts";

const source = `/** A head. */
export const one = 1;

export function many(
  a: number,
): number {
  return a;

}

export const lines = (a: number): number =>
  a === 1
    ? one
    : 2;
export function outer() {
  async function inner() {
    const many2 = {
      a: 1,
    };
  }
  const last = 1;
}
`;

test.each([
  ["one", { from: 2, to: 2 }],
  ["many", { from: 4, to: 9 }],
  ["lines", { from: 11, to: 14 }],
  ["outer", { from: 15, to: 22 }],
  ["inner", { from: 16, to: 20 }],
  ["many2", { from: 17, to: 19 }],
  ["last", { from: 21, to: 21 }],
])("%s is found where it stands, from its first line to its last", (symbol, lines) => {
  expect(declarationIn(source, symbol)).toEqual(lines);
});

test("what has gone, or only begins like it, is not found", () => {
  expect(declarationIn(source, "two")).toBeUndefined();
  expect(declarationIn(source, "man")).toBeUndefined();
});
