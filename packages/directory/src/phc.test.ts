import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { dummyPhc } from "@cordon/runtime";
import { flawOfPhc } from "./phc.ts";
import { phc } from "./test-support.ts";

test("the hash that stands for unknown addresses has the cost of a real one, and is never the same twice", () => {
  const dummy = dummyPhc(randomBytes);
  expect(flawOfPhc(dummy)).toBeUndefined();
  expect(dummy).toHaveLength(phc.length);
  expect(dummyPhc(randomBytes)).not.toBe(dummy);
});

test("a hash of another kind, cost or form is refused", () => {
  expect(flawOfPhc(phc)).toBeUndefined();
  const others = [
    phc.replace("argon2id", "argon2i"),
    phc.replace("m=19456", "m=4096"),
    phc.replace("m=19456", "m=4194304"),
    phc.replace("v=19", "v=16"),
    `${phc}=`,
    `${phc}\n`,
    phc.slice(0, 40),
  ];
  expect(others.map((other) => flawOfPhc(other) === undefined)).toEqual(others.map(() => false));
});
