import * as fc from "fast-check";
import { expect, test } from "vitest";
import { acceptedWallOf, createMessageIds } from "./message-id.ts";

test("names are 26 characters, say when, and sort by acceptance even when the wall clock is set back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_005 }), { minLength: 1 }), (walls) => {
      let wall = 0;
      const nextId = createMessageIds({ now: () => 0, wall: () => wall }, () => 0.5);
      const names = walls.map((at) => {
        wall = at;
        return nextId();
      });
      expect(new Set(names).size).toBe(names.length);
      expect(names.toSorted()).toEqual(names);
      expect(names.every((name) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name))).toBe(true);
      expect(acceptedWallOf(names[0] ?? "")).toBe(walls[0]);
    }),
  );
});
