import type { Event, EventKind } from "@cordon/model";
import { expect, test } from "vitest";
import { abortOf, toldOptions } from "./cut-short.ts";
import type { DrillOptions } from "./drill-options.ts";
import { directoryPartition2014 as drill } from "./incidents/2014-06-directory-partition.ts";
import { configOf } from "./spec.ts";

const event = (at: number, kind: EventKind, partition: string): Event => ({
  at,
  source: "drill",
  kind,
  partition,
  detail: "",
});
const cause = { reason: "interrupted by SIGINT", exitCode: 130 };

test("a run that another command halted says so, one that a key ended says that", () => {
  expect(abortOf(cause, [], true)).toEqual({ reason: "halted by cordon drill halt", exitCode: 130 });
  expect(abortOf(cause, [], false)).toEqual(cause);
});

test("an order in a side that was cut stands in the reason, on the fault's clock or before there was one", () => {
  const order = event(7_000, "operator-isolated", "p2");
  expect(abortOf(cause, [order], false).reason).toBe("interrupted by SIGINT; an operator isolated p2 before the fault");
  expect(abortOf(cause, [event(4_500, "fault-injected", "p4"), order], true).reason).toBe(
    "halted by cordon drill halt; an operator isolated p2 at 2.5 s",
  );
});

/** What a game day was made of whose seed drew a variant. */
const drawn = (variant: DrillOptions["variant"]): DrillOptions => ({
  drill,
  variant,
  variantDrawn: true,
  profile: drill.profiles.quick,
  sides: ["on"],
  baseline: "on",
  candidate: "on",
  disabled: [],
  overridden: false,
  borrowed: [],
  store: "lmdb",
  seed: "s",
  root: "/",
  out: "/",
  cordon: { version: "0.1.0", commit: null },
  clock: { now: () => 0, wall: () => 0 },
  handsOn: true,
  abortWhen: [],
  pauseMs: null,
  readyWithinMs: 30_000,
});

test("of a game day without a fault not even the digest of a result tells what was drawn", () => {
  const told = drill.variants.map((variant) => toldOptions(drawn(variant), false));
  expect(new Set(told.map(({ variant }) => variant.id))).toEqual(new Set(["drawn"]));
  expect(new Set(told.map((options) => configOf(options).digest)).size).toBe(1);
});

test("what was felt is told, and so is a variant that the facilitator chose", () => {
  const [, verifyOnly = drill.variants[0]] = drill.variants;
  expect(toldOptions(drawn(verifyOnly), true).variant.id).toBe("verify-only");
  expect(toldOptions({ ...drawn(verifyOnly), variantDrawn: false }, false).variant.id).toBe("verify-only");
});
