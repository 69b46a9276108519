import type { EventKind, HistoryRecord } from "@cordon/model";
import { expect, test } from "vitest";
import { about, drill, event, offHistory, onHistory, removedAt, zero } from "./history.fixture.ts";
import { judge } from "./result.ts";
import { judgeSide } from "./side.ts";

const leaseMs = removedAt - zero;
const handsOn = (history: HistoryRecord[], isHandsOn = true) =>
  judge(
    {
      sides: [{ preset: "on", disabled: [], history }],
      baseline: "on",
      candidate: "on",
      overridden: false,
      abort: null,
      unsound: null,
    },
    isHandsOn ? { ...drill, handsOn: { leaseMs } } : drill,
    about,
  ).handsOn;

const order = (atMs: number, kind: EventKind, partition: string): HistoryRecord =>
  event(zero + atMs, kind, partition, "drill");

/** The candidate's history without what it did by itself. */
const unaided = (): HistoryRecord[] => onHistory().filter(({ type }) => type !== "event");

/** The operator's isolation at `atMs`, and what auth and mail say of it a moment later. */
const isolation = (atMs: number): HistoryRecord[] => [
  order(atMs, "operator-isolated", "p3"),
  event(zero + atMs + 20, "partition-isolated", "p3", "auth"),
  event(zero + atMs + 40, "lane-isolated", "p3", "mail"),
];

test("is told only of a drill that a person had in hand", () => {
  expect(handsOn(onHistory(), false)).toBeUndefined();
});

test("an operator who isolates the failed partition has found it then, and contained it when the order took effect", () => {
  expect(handsOn([...unaided(), ...isolation(4_000)])).toEqual({
    partition: "p3",
    operatorTtdMs: 4_000,
    operatorTtiMs: 4_040,
    orders: [{ atMs: 4_000, order: "isolate", partition: "p3", right: true }],
    leaseMs,
    healedBy: "operator",
  });
});

test("an order that was obeyed before the drill heard of it is not contained before it is found", () => {
  const [, ...obeyed] = isolation(4_000);
  const heard = order(4_043, "operator-isolated", "p3");
  expect(handsOn([...unaided(), ...obeyed, heard])).toMatchObject({ operatorTtdMs: 4_043, operatorTtiMs: 4_043 });
});

test("an operator who fails it over has contained it when the new role instances are there", () => {
  const failover = [
    order(5_000, "operator-failed-over", "p3"),
    event(zero + 6_900, "failover-done", "p3", "supervisor"),
  ];
  expect(handsOn([...unaided(), ...failover])).toMatchObject({ operatorTtdMs: 5_000, operatorTtiMs: 6_900 });
});

test("orders against others are noted as wrong and find nothing; letting them in again is right", () => {
  const others = [
    order(-500, "operator-isolated", "p3"),
    order(1_000, "operator-isolated", "p1"),
    order(2_000, "operator-rejoined", "p1"),
    order(3_000, "operator-rejoined", "p3"),
  ];
  expect(handsOn([...unaided(), ...others])).toMatchObject({
    operatorTtdMs: null,
    operatorTtiMs: null,
    orders: [{ right: true }, { right: false }, { right: true }, { right: false }],
    healedBy: "lease",
  });
});

test("nothing is contained while others are hurt, nor by the end of the fault, nor by an order after it", () => {
  const spread = offHistory().filter(({ type }) => type !== "event");
  expect(handsOn([...spread, ...isolation(4_000)])).toMatchObject({
    operatorTtdMs: 4_000,
    operatorTtiMs: null,
    healedBy: "lease",
  });
  expect(handsOn([...unaided(), ...isolation(leaseMs + 100)])).toMatchObject({
    operatorTtdMs: null,
    operatorTtiMs: null,
    healedBy: "lease",
  });
});

test("others who were hurt until after the order push containment back", () => {
  const hurtUntil = unaided().map((record): HistoryRecord =>
    record.type === "sign-in" &&
    record.partition === "p1" &&
    record.scheduledAt >= zero &&
    record.scheduledAt < zero + 7_000
      ? { ...record, endedAt: record.scheduledAt + 3_000 }
      : record,
  );
  const told = handsOn([...hurtUntil, ...isolation(4_000)]);
  expect(told?.operatorTtdMs).toBe(4_000);
  expect(told?.operatorTtiMs).toBeGreaterThan(6_900);
});

test("nothing was isolated where nobody isolated it, however well the others fare; the service level is stretched from the injection", () => {
  const spec = { ...drill, isolationKinds: [], handsOn: { leaseMs } };
  const sideOf = (history: HistoryRecord[], of: typeof spec | typeof drill = spec) =>
    judgeSide({ preset: "on", disabled: [], history }, of).side;
  expect(sideOf(unaided(), { ...drill, isolationKinds: [] }).ttiMs).not.toBeNull();
  expect(sideOf(unaided()).ttiMs).toBeNull();
  expect(sideOf([...unaided(), ...isolation(4_000)]).ttiMs).toBe(4_040);
  const { ttrMs, sla } = sideOf(unaided());
  expect(sla.transientSeconds * 1_000).toBe(ttrMs);
});
