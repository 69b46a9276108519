import type { Event } from "@cordon/model";
import { describe, expect, test } from "vitest";
import { lineOf, servicesLines } from "./live-lines.ts";
import { colourOf, quietLab, shownOf, stepLab, type LabState } from "./live-state.ts";

const form = { judges: true, columns: 80, lead: "" };
type Said = Pick<Event, "source" | "kind"> & Partial<Event>;
const after = (...said: readonly Said[]): LabState =>
  said.map((event, at): Event => ({ at, detail: "", ...event })).reduce(stepLab, quietLab(["p1", "p2"]));
const p2 = (state: LabState) => {
  const partition = state.get("p2");
  if (partition === undefined) throw new Error("p2 is a partition of it");
  return partition;
};
const about = { partition: "p2", operation: "lookup" } as const;

describe("a partition", () => {
  test("is red while any caller says so, and yellow while only a role instance of it is", () => {
    const red: Said[] = [
      { source: "mail", kind: "instance-red", instance: "p2a", ...about },
      { source: "mail", kind: "partition-red", ...about },
      { source: "auth", kind: "partition-red", ...about },
    ];
    const colours = [
      ...[1, 2, 3].map((count) => red.slice(0, count)),
      [...red, { source: "mail", kind: "partition-green", ...about } as const],
      [
        ...red,
        { source: "mail", kind: "partition-green", ...about } as const,
        { source: "auth", kind: "partition-green", ...about } as const,
      ],
    ].map((said) => colourOf(p2(after(...said))));
    expect(colours).toEqual(["yellow", "red", "red", "red", "yellow"]);
    expect(after(...red).get("p1")).toEqual(quietLab(["p1"]).get("p1"));
  });

  test("is forgiven what a caller said when that caller is started again, and what others said stands", () => {
    const state = after(
      { source: "mail", kind: "partition-isolated", ...about },
      { source: "auth", kind: "partition-isolated", partition: "p2", operation: "verify" },
      { source: "mail", kind: "lane-isolated", partition: "p2" },
      { source: "supervisor", kind: "process-started", detail: "mail started as pid 7" },
    );
    expect([...p2(state).isolated]).toEqual(["auth verify"]);
    expect(p2(state).lane).toBe("flowing");
  });

  test("starts afresh with the role instances that a failover gave it", () => {
    const state = after(
      { source: "auth", kind: "instance-ejected", instance: "p2a", ...about },
      { source: "auth", kind: "partition-red", ...about },
      { source: "supervisor", kind: "failover-started", partition: "p2" },
      { source: "supervisor", kind: "failover-done", partition: "p2" },
    );
    expect(colourOf(p2(state))).toBe("green");
    expect(p2(state).failingOver).toBe(false);
  });

  test("that nobody knows, and an event about none, change nothing", () => {
    const before = quietLab(["p1"]);
    expect(stepLab(before, { at: 1, source: "mail", kind: "partition-red", partition: "p9", detail: "" })).toBe(before);
    expect(stepLab(before, { at: 1, source: "control", kind: "map-published", detail: "" })).toBe(before);
  });
});

describe("the line of a partition", () => {
  test("says how it stands in words", () => {
    const state = after(
      { source: "mail", kind: "partition-red", ...about },
      { source: "mail", kind: "partition-isolated", ...about },
      { source: "auth", kind: "partition-isolated", partition: "p2", operation: "verify" },
      { source: "mail", kind: "lane-isolated", partition: "p2" },
      { source: "auth", kind: "fallback-began", partition: "p2" },
    );
    expect(lineOf("p2", p2(state), { perSecond: 16.2, queued: 12, faults: ["silent p2a"] }, form)).toBe(
      "p2   red        lookup, verify isolated, 12 wait     16/s  fallback, silent p2a",
    );
    expect(lineOf("p1", p2(quietLab(["p2"])), undefined, form)).toBe("p1   green      -              flowing");
  });

  test("is never wider than a terminal", () => {
    const faults = Array.from({ length: 30 }, (_, index) => `latency p2${"a".repeat(index)}`);
    const lines = lineOf("p2", p2(after()), { perSecond: 1e9, queued: 1e12, faults }, form).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test("says `not judged` where nobody judges, and never a colour", () => {
    const red = after({ source: "mail", kind: "partition-red", ...about });
    for (const state of [red, after()])
      expect(lineOf("p2", p2(state), undefined, { ...form, judges: false })).toMatch(/^p2 {3}not judged -/);
  });

  test("goes on below itself where it is long, and shows where a word was cut", () => {
    const state = after({ source: "supervisor", kind: "failover-started", partition: "p2" });
    const faults = ["silent p2a", `latency p2${"z".repeat(90)}`];
    const lines = lineOf("p2", p2(state), { perSecond: 3, queued: 0, faults }, form).split("\n");
    expect(lines.map((line) => line.slice(59))).toEqual([
      "failing over, silent",
      "p2a, latency",
      `p2${"z".repeat(18)}…`,
    ]);
  });

  test("tells an operator's isolation from one by evidence, until the evidence is left to decide again", () => {
    const isolated = (detail: string): Said => ({ source: "mail", kind: "partition-isolated", detail, ...about });
    const of = (...said: readonly Said[]): string => lineOf("p2", p2(after(...said)), undefined, form);
    const [byEvidence, byOrder] = [isolated("lookup: p2a: 3 overdue"), isolated("lookup: by the operator")];
    expect(of(byEvidence)).not.toContain("operator");
    expect(of(byEvidence, byOrder).replaceAll(/\s+/g, " ")).toContain("isolated by the operator");
    expect(of(byOrder, byEvidence)).not.toContain("operator");
    expect(of(byOrder, { source: "mail", kind: "partition-rejoined", ...about })).not.toContain("operator");
  });
});

test("a fault on a process that serves no partition has a line of its own, and else there is none", () => {
  expect([servicesLines([], 80), servicesLines(["freeze auth", "freeze mail"], 80)]).toEqual([
    [],
    ["others  freeze auth, freeze mail"],
  ]);
});

test("where faults are hidden, a fallback that nobody ordered is not shown", () => {
  const fallback: Said = { source: "auth", kind: "fallback-began", partition: "p2" };
  const ordered: Said = { source: "auth", kind: "partition-isolated", detail: "verify: by the operator", ...about };
  const shown = (hides: boolean, ...said: readonly Said[]) => p2(shownOf(after(...said), hides)).fallback;
  expect([shown(false, fallback), shown(true, fallback), shown(true, fallback, ordered)]).toEqual([true, false, true]);
});
