import { expect, test } from "vitest";
import { outFolder } from "./out-folder.ts";

const of = (...unusual: readonly string[]): string => outFolder({ drill: "2014-06-x", seed: "7f3a", unusual });

test("the drill as it stands has the shortest name, and what differs from it a name of its own", () => {
  expect(of()).toBe("out/2014-06-x-7f3a");
  expect(of("instance")).toBe("out/2014-06-x-instance-7f3a");
  expect(of("on", "users=64")).toBe("out/2014-06-x-on-users64-7f3a");
});

test("a name no file system takes is told by its digest, another for another run", () => {
  const long = Array.from({ length: 40 }, (_, index) => `protection${index}`);
  expect(of(...long)).toMatch(/^out\/2014-06-x-[0-9a-f]{12}-7f3a$/);
  expect(of(...long)).not.toBe(of(...long.slice(1)));
});
