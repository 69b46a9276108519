import { expect, test } from "vitest";
import { follow, type Resolution } from "./recipients.ts";
import type { Unit } from "./spool.ts";

const bounds = { depth: 3, members: 3, units: 100 };
const partitions: Record<string, string> = { "one.test": "p1", "two.test": "p2" };
const locate = (domain: string) => ({
  partition: partitions[domain] ?? "p9",
  hosted: Object.hasOwn(partitions, domain),
});
const at = (address: string, path: readonly string[] = []): Unit => ({
  id: "m.000000",
  message: "m",
  address,
  path,
  partition: "p1",
  acceptedWall: 0,
  attempts: 1,
  notBefore: 0,
  deferredFor: null,
});
const childrenOf = (resolution: Resolution): unknown =>
  resolution.kind === "expanded" ? resolution.children : resolution;

test("a definite answer is a mailbox, a refusal, or what it names", () => {
  const unit = at("a@one.test");
  expect(follow(unit, { kind: "mailbox", mailbox: "u@one.test" }, bounds, locate)).toEqual({
    kind: "mailbox",
    mailbox: "u@one.test",
  });
  expect(follow(unit, { kind: "unknown" }, bounds, locate)).toMatchObject({ kind: "refused", enhanced: "5.1.1" });
  expect(follow(unit, { kind: "disabled" }, bounds, locate)).toMatchObject({ kind: "refused", enhanced: "5.2.1" });
  const group = { kind: "group", members: ["u@one.test", "U@One.Test", "v@two.test", "a@one.test"] } as const;
  expect(
    childrenOf(follow(unit, { ...group, members: [...group.members] }, { ...bounds, members: 4 }, locate)),
  ).toEqual([
    { address: "u@one.test", partition: "p1" },
    { address: "v@two.test", partition: "p2" },
  ]);
});

test("loops, depth and size are refused for good; a map that is missing is not", () => {
  const alias = (target: string) => ({ kind: "alias", target }) as const;
  expect(follow(at("b@one.test", ["a@one.test"]), alias("a@one.test"), bounds, locate)).toMatchObject({
    kind: "refused",
    enhanced: "5.4.6",
  });
  expect(follow(at("d@one.test", ["a", "b", "c"]), alias("e@one.test"), bounds, locate)).toMatchObject({
    kind: "refused",
  });
  expect(follow(at("g@one.test"), { kind: "group", members: ["1", "2", "3", "4"] }, bounds, locate)).toMatchObject({
    kind: "refused",
    enhanced: "5.5.3",
  });
  expect(follow(at("a@one.test"), alias("u@one.test"), bounds, () => undefined)).toMatchObject({ kind: "unavailable" });
});

test("members of one domain written in two ways are one member", () => {
  const members = ["ann@B\u00fccher.example", "Ann@xn--bcher-kva.example"];
  expect(childrenOf(follow(at("g@one.test"), { kind: "group", members }, bounds, locate))).toEqual([
    { address: "ann@xn--bcher-kva.example", partition: "p9" },
  ]);
});
