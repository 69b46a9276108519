import { drills, type Drill, type DrillObserver } from "@cordon/drill";
import type { Event, EventKind } from "@cordon/model";
import { expect, test } from "vitest";
import { handsOnObserver, handsOnText } from "./hands-on.ts";

const drill = ((): Drill => {
  const [first] = drills;
  if (first === undefined) throw new Error("there is a drill");
  return first;
})();

const event = (kind: EventKind, partition = "p3"): Event => ({
  at: 9_000,
  source: "drill",
  kind,
  partition,
  detail: "",
});

/** An observer that hides, the kinds of events it let through, and the lines it wrote. */
function watched() {
  const through: string[] = [];
  const lines: string[] = [];
  const base: DrillObserver = {
    preflight: () => {},
    sideBegins: () => {},
    phase: () => {},
    event: (_, { kind }) => void through.push(kind),
    steady: () => {},
    sideEnds: () => {},
  };
  const observer = handsOnObserver(base, { drill }, (line) => lines.push(line), 80);
  const tell = (...events: readonly Event[]): void => events.forEach((one) => observer.event("on", one));
  return { observer, through, lines, tell };
}

test("what fails is hidden until an order names it; then all that was held back is told", () => {
  const { through, tell } = watched();
  tell(event("fault-injected"), event("fault-proven"), event("fallback-began"), event("operator-isolated", "p1"));
  expect(through).toEqual(["operator-isolated"]);
  tell(event("operator-failed-over"), event("failover-started"));
  expect(through).toEqual([
    "operator-isolated",
    "fault-injected",
    "fault-proven",
    "operator-failed-over",
    "failover-started",
  ]);
});

test("an order before the fault gives nothing away, however right it would be later", () => {
  const { through, tell } = watched();
  tell(event("operator-isolated"), event("fault-injected"), event("fallback-began"));
  expect(through).toEqual(["operator-isolated"]);
});

test("the end of the lease tells what nobody found", () => {
  const { through, tell } = watched();
  tell(event("fault-injected"), event("fault-proven"), event("fault-removed"));
  expect(through).toEqual(["fault-injected", "fault-proven", "fault-removed"]);
});

test("the live lines say what users have, a partition's figures on one line", () => {
  const { observer, lines } = watched();
  observer.phase("on", "warm", 1_000);
  const live = (partition: string, queued: number | null) => ({
    partition,
    signIns: { due: 16, well: 4 },
    mails: { due: 5, well: 5 },
    queued,
  });
  observer.live?.("on", {
    at: 13_000,
    hurt: null,
    partitions: [live("p1", 0), live("p2", null), live("p3", 31), live("p4", 0), live("p5", 0)],
  });
  const [, line = ""] = lines;
  expect(line.split("\n")).toEqual(["   12 s  p1 4/16 5/5  p2 4/16 5/5  p3 4/16 5/5 q31  p4 4/16 5/5  p5 4/16 5/5"]);
});

test("what is said beforehand names no partition and no variant", () => {
  const text = handsOnText({ drill, seed: "7f3a", profile: drill.profiles.quick });
  expect(text).not.toMatch(/\bp\d|instance frozen|verify|silent/);
  expect(text).toContain("15 s after it began");
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
});
