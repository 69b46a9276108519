import { expect, test } from "vitest";
import { limitsOf } from "@cordon/measure";
import { drawHandsOn, isRightOrder, possibleVariants } from "./hands-on.ts";
import { directoryPartition2014 as drill } from "./incidents/2014-06-directory-partition.ts";

const partitions = ["p1", "p2", "p3", "p4"];
const draw = (seed: string, chosen?: (typeof drill.variants)[number]) =>
  drawHandsOn(drill, partitions, chosen, drill.variants, seed);
const seeds = Array.from({ length: 200 }, (_, index) => `seed-${index}`);

test("the same seed draws the same, and over many seeds every partition and every variant comes up", () => {
  const named = ({ drill: { failedPartition }, variant }: ReturnType<typeof draw>) => [failedPartition, variant.id];
  expect(named(draw("one"))).toEqual(named(draw("one")));
  const drawn = seeds.map((seed) => draw(seed));
  expect([...new Set(drawn.map((one) => one.drill.failedPartition))].toSorted()).toEqual(partitions);
  expect(new Set(drawn.map((one) => one.variant.id))).toEqual(new Set(drill.variants.map(({ id }) => id)));
});

test("a variant that was asked for is the one, in a partition that is drawn all the same", () => {
  const [, , instance] = drill.variants;
  const drawn = seeds.map((seed) => draw(seed, instance));
  expect(new Set(drawn.map((one) => one.variant.id))).toEqual(new Set(["instance"]));
  expect(new Set(drawn.map((one) => one.drill.failedPartition)).size).toBe(4);
});

test("whatever a drill says of the partition that fails, it says of the one that was drawn", () => {
  const seed =
    seeds.find((one) => draw(one).drill.failedPartition === "p1" && draw(one).variant.id === "instance") ?? "";
  const { variant, drill: aimed } = draw(seed);
  expect(variant).toMatchObject({
    injected: "p1a is frozen (SIGSTOP)",
    removed: "p1a is thawed, if it is still there",
    detector: { partition: "p1", instance: "p1a" },
  });
  expect(JSON.stringify(aimed)).not.toContain("p3");
  expect(aimed.variants.find(({ id }) => id === variant.id)?.injected).toBe(variant.injected);
});

test("users and mails are promised to it, and no time", () => {
  const classes = drill.variants.flatMap((one) =>
    limitsOf([...draw("any", one).variant.limits([])]).map((limit) => limit.class),
  );
  expect(new Set(classes)).toEqual(new Set(["harm", "invariant"]));
});

test("a lab of one role instance, or a host that cannot stop a process, draws what it can go through", () => {
  const ids = (roleInstances: number, canFreeze: boolean): readonly string[] =>
    possibleVariants(drill, { ...drill.profiles.quick, roleInstances }, canFreeze).map(({ id }) => id);
  expect(ids(2, true)).toEqual(["partition", "verify-only", "instance", "intermittent"]);
  expect(ids(2, false)).toEqual(["partition", "verify-only", "intermittent"]);
  expect(ids(1, true)).toEqual(["partition", "verify-only"]);
});

test("an order is right when it isolates or fails over what failed", () => {
  const order = (kind: "operator-isolated" | "operator-rejoined" | "operator-failed-over", partition: string) =>
    isRightOrder({ at: 0, source: "drill", kind, partition, detail: "" }, "p2");
  expect([order("operator-isolated", "p2"), order("operator-failed-over", "p2")]).toEqual([true, true]);
  expect([order("operator-rejoined", "p2"), order("operator-isolated", "p1")]).toEqual([false, false]);
});
