import type { Event } from "@cordon/model";
import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";

/** The lines that are written of events. */
function linesOf(...events: readonly Event[]): readonly string[] {
  const lines: string[] = [];
  const progress = createProgress((line) => lines.push(line), 80);
  for (const event of events) progress.event("on", event);
  return lines;
}

const injected: Event = {
  at: 9_000,
  source: "drill",
  kind: "fault-injected",
  partition: "p3",
  detail: "p3 stops answering (health: green)",
};
const ordered: Event = {
  at: 7_000,
  source: "drill",
  kind: "operator-isolated",
  partition: "p2",
  detail: "by the operator's order to control",
};

test("an event is told once by name, and on the fault's clock", () => {
  expect(linesOf(injected, { at: 9_312, source: "auth", kind: "partition-red", partition: "p3", detail: "" })).toEqual([
    "on   0.0 s  drill: fault-injected p3 stops answering (health: green)",
    "on   0.3 s  auth: partition-red p3",
  ]);
});

test("what is ordered before the fault is told as that, and what is ordered after it by its time", () => {
  expect(linesOf(ordered, injected, { ...ordered, at: 10_500 })).toEqual([
    "on   before  drill: operator-isolated p2 by the operator's order to control",
    "on   0.0 s  drill: fault-injected p3 stops answering (health: green)",
    "on   1.5 s  drill: operator-isolated p2 by the operator's order to control",
  ]);
});
