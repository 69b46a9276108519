import type { HistoryRecord } from "@cordon/model";
import { describe, expect, test } from "vitest";
import { offHistory, onHistory, zero } from "./history.fixture.ts";
import { change, ended, mailAt, resultOf, without } from "./verdict.fixture.ts";

describe("a noisy host", () => {
  const noisy = (history: HistoryRecord[]): HistoryRecord[] =>
    change(history, "noise", (noise) => (noise.at % 1_000 === 0 ? { ...noise, delayMs: 180 } : noise));
  const hurting = change(onHistory(), "sign-in", (signIn) =>
    signIn.id === 901 ? { ...signIn, endedAt: signIn.scheduledAt + 1_500 } : signIn,
  );
  const reason = (preset: string): string => `noisy host (${preset}): an idle process woke 180 ms late`;

  test("takes a refutation's force away", () => {
    expect(ended(resultOf({ on: hurting })).verdict).toBe("refuted");
    expect(ended(resultOf({ on: noisy(hurting) }))).toEqual({ verdict: "invalid", exitCode: 5, reason: reason("on") });
  });

  test("takes the force of a control that broke under it", () => {
    expect(ended(resultOf({ off: noisy(offHistory()) }))).toEqual({
      verdict: "invalid",
      exitCode: 5,
      reason: reason("off"),
    });
  });

  test("is named with what others took of it, where that was noted", () => {
    const on = [...noisy(hurting), { type: "host", at: zero + 1_000, othersShare: 0.934 } as const];
    expect(ended(resultOf({ on })).reason).toBe(`${reason("on")}; other processes took 93 % of all cores`);
  });

  test("does not take away what a candidate held in spite of it", () => {
    expect(ended(resultOf({ on: noisy(onHistory()) })).verdict).toBe("held");
  });

  test("excuses no lost mail", () => {
    const { headerId } = mailAt(hurting, zero);
    const on = noisy(without(hurting, (record) => record.type === "maildir" && record.headerId === headerId));
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 6, reason: "mail lost: 1" });
  });

  test("is assumed where nobody listened", () => {
    const on = without(hurting, (record) => record.type === "noise" && record.source === "reference");
    expect(ended(resultOf({ on })).reason).toBe("noisy host (on): its quiet was not measured");
  });

  test("is also one whose cores others took: that excuses a candidate, and discredits no control", () => {
    const crowded = (history: HistoryRecord[]): HistoryRecord[] => [
      ...history,
      { type: "host", at: zero + 1_000, othersShare: 0.5 },
    ];
    expect(ended(resultOf({ on: crowded(hurting) }))).toEqual({
      verdict: "invalid",
      exitCode: 5,
      reason: "noisy host (on): other processes took 50 % of all cores",
    });
    expect(ended(resultOf({ on: crowded(onHistory()), off: crowded(offHistory()) })).verdict).toBe("held");
  });

  test("is also a generator that fell behind its own schedule", () => {
    const on = change(hurting, "noise", (noise) =>
      noise.source === "generator" && noise.at % 1_000 === 0 ? { ...noise, delayMs: 90 } : noise,
    );
    expect(ended(resultOf({ on })).reason).toBe("noisy host (on): the generator was 90 ms behind its schedule");
  });
});
