/**
 * Runs for the tests of the verdict: two recorded sides, changed by hand where a test plants a lie, and judged. Everything
 * starts from the honest histories of history.fixture.ts, so that a test shows just the one thing that is wrong.
 */
import type { HistoryRecord, MailRecord, Result } from "@cordon/model";
import { about, drill, offHistory, onHistory } from "./history.fixture.ts";
import { judge, type Run } from "./result.ts";
import type { DrillSpec } from "./spec.ts";

type Histories = { off?: HistoryRecord[]; on?: HistoryRecord[] };

export const runOf = ({ off = offHistory(), on = onHistory() }: Histories): Run => ({
  sides: [
    { preset: "off", disabled: [], history: off },
    { preset: "on", disabled: [], history: on },
  ],
  baseline: "off",
  candidate: "on",
  overridden: false,
  unsound: null,
  abort: null,
});

export const resultOf = (histories: Histories, spec: DrillSpec = drill): Result => judge(runOf(histories), spec, about);

export const ended = ({ verdict, exitCode, reason }: Result) => ({ verdict, exitCode, reason });

export const candidate = (result: Result) => result.sides[1];

/** The first mail of the partition's users that was scheduled at or after `from`. */
export const mailAt = (history: HistoryRecord[], from: number, partition = "p1"): MailRecord => {
  const found = history.find(
    (record): record is MailRecord =>
      record.type === "mail" && record.scheduledAt >= from && record.partition === partition,
  );
  if (found === undefined) throw new Error("the fixture has no such mail");
  return found;
};

export const change = <Type extends HistoryRecord["type"]>(
  history: HistoryRecord[],
  type: Type,
  to: (record: Extract<HistoryRecord, { type: Type }>) => HistoryRecord,
): HistoryRecord[] =>
  history.map((record) => (record.type === type ? to(record as Extract<HistoryRecord, { type: Type }>) : record));

export const without = (history: HistoryRecord[], drop: (record: HistoryRecord) => boolean): HistoryRecord[] =>
  history.filter((record) => !drop(record));
