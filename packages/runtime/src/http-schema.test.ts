import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { closed } from "./http-schema.ts";

const schema = Type.Object({
  name: Type.String(),
  size: Type.Optional(Type.Object({ width: Type.Number() })),
  parts: Type.Array(Type.Union([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })])),
  pins: Type.Record(Type.String(), Type.Object({ to: Type.String() })),
});
const fine = { name: "n", parts: [{ a: 1 }, { b: 2 }], pins: { anything: { to: "p1" } } };

test.for<[string, object]>([
  ["what its schema names", fine],
  ["what may be left out", { ...fine, size: { width: 1 } }],
])("a closed schema takes %s", ([, value]) => {
  expect(Compile(closed(schema)).Check(value)).toBe(true);
});

test.for<[string, object]>([
  ["beside the rest", { ...fine, other: 1 }],
  ["in an object below", { ...fine, size: { width: 1, height: 2 } }],
  ["that belongs to the other of two", { ...fine, parts: [{ a: 1, b: 2 }] }],
  ["in an entry of a record", { ...fine, pins: { anything: { to: "p1", from: "p2" } } }],
])("a closed schema takes no field %s, and the schema itself does", ([, value]) => {
  expect(Compile(closed(schema)).Check(value)).toBe(false);
  expect(Compile(schema).Check(value)).toBe(true);
});
