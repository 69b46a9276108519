import type { HandsOn, Result } from "@cordon/model";
import { expect, test } from "vitest";
import { handsOnSeconds, leftToTheOperator } from "../hands-on.ts";
import { drill, recorded } from "./report.fixture.ts";
import { markdownReport } from "./markdown.ts";
import { handsOnWords, reproduceCommand } from "./sides.ts";
import { verdictText } from "./terminal.ts";

const one = recorded({ sides: ["on"] });
const day: HandsOn = {
  partition: "p2",
  operatorTtdMs: 21_400,
  operatorTtiMs: 31_000,
  orders: [
    { atMs: -1_200, order: "isolate", partition: "p1", right: false },
    { atMs: 15_000, order: "failover", partition: "p4", right: false },
    { atMs: 21_400, order: "isolate", partition: "p2", right: true },
  ],
  leaseMs: 300_000,
  healedBy: "operator",
};
const resultOf = (handsOn: HandsOn): Result => ({
  ...one.result,
  config: { ...one.result.config, ...handsOnSeconds },
  sides: one.result.sides.map((side) => ({ ...side, disabled: [...leftToTheOperator, "lanes"] })),
  handsOn,
});

test("what an operator did is said in sentences, wrong orders with their times", () => {
  expect(handsOnWords(resultOf(day))).toEqual([
    "p2 had failed: it was found after 21 s; the others were free of it after 31 s, by the operator",
    "wrong orders: isolate p1 at -1.2 s, failover p4 at 15.0 s",
  ]);
  expect(handsOnWords(one.result)).toEqual([]);
});

test("that nobody acted is said too", () => {
  const idle: HandsOn = { ...day, operatorTtdMs: null, operatorTtiMs: null, orders: [], healedBy: "lease" };
  expect(handsOnWords(resultOf(idle))).toEqual([
    "p2 had failed: it was never ordered about; the others were not freed of it before its lease ended, after 300 s",
  ]);
});

test("it stands in the terminal, in 80 columns, and in the draft of the review", () => {
  const text = verdictText(resultOf(day));
  expect(text).toContain("\noperator p2 had failed: it was found after 21 s;");
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(markdownReport(drill, resultOf(day), one.runs, one.spec, "cordon")).toContain(
    "## The operator\n\n- p2 had failed",
  );
});

test("the command that makes a game day again says what is its own, and nothing that every one has", () => {
  const command = reproduceCommand(drill, resultOf(day), one.spec, "cordon");
  expect(command).toContain(" --hands-on --off lanes ");
  expect(command).not.toMatch(/--sides|faultSeconds|recoverySeconds|isolation/);
});
