/** What a begun lesson prints once its run is over: in 80 columns, and as its schema has it. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { findLesson, placesOf } from "./lessons.ts";
import { againText, comparedText, patternText, startJson, turnText } from "./start-text.ts";

const lesson = findLesson("1");
const places = placesOf(lesson);
const bet = { hurtOutside: 12.5, mailSeconds: 1_000_000 };
const measured = { off: { hurtOutside: 100, mailSeconds: 17.2 }, on: { hurtOutside: 0, mailSeconds: 0 } };
const file = { path: "/somewhere/lesson-1.yaml", kept: true };
const drill = {
  outcome: {
    drill: "2014-06-directory-partition",
    seed: "7f3a",
    verdict: "held",
    reason: "every limit was held",
    exitCode: 0,
  },
  result: "/somewhere/out/result.json",
  report: "/somewhere/out/report.html",
} as const;

test("the bet stands beside what was measured on either side", () => {
  expect(comparedText(bet, measured).split("\n")).toEqual([
    "                                                your bet         off          on",
    "users hurt outside p3, of a hundred                 12.5         100           0",
    "last delayed mail of the others, after         1000000 s      17.2 s  never late",
  ]);
  const { off } = measured;
  expect(comparedText(bet, { off, on: { ...off, mailSeconds: null } })).toMatch(/17\.2 s +not yet$/);
});

test("a run that proved nothing has the figures of the side that was sound, and how to go on", () => {
  expect(comparedText(bet, { off: measured.off }).split("\n")).toEqual([
    "                                                your bet         off",
    "users hurt outside p3, of a hundred                 12.5         100",
    "last delayed mail of the others, after         1000000 s      17.2 s",
  ]);
  expect(againText(lesson, { hurtOutside: 80, mailSeconds: 30 }, 0.93).split("\n")).toEqual([
    "your bet is kept: 80 users of a hundred, 30 s",
    "start again once this machine does nothing else; others took 93 % of all cores:",
    "  cordon learn start 1 --bet 80,30",
  ]);
  expect(againText(lesson, bet, null)).toContain("does nothing else:\n");
});

test("each place in the code is named by file and lines, with what it does", () => {
  const text = patternText(lesson, places);
  for (const { path, lines, symbol } of places) {
    expect(text).toContain(`  ${path}:${lines.from}-${lines.to}\n    ${symbol} `);
    const source = readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
    expect(source.split("\n")[lines.from - 1]).toContain(symbol);
  }
});

test("nothing of it is wider than 80 columns", () => {
  const text = [comparedText(bet, measured), patternText(lesson, places), turnText(lesson, file)].join("\n");
  expect(text).toContain("lesson-1.yaml was there already and is left as it was.");
  expect(text.split("\n").filter(({ length }) => length > 80)).toEqual([]);
});

test("its JSON is as its schema has it, also where no time was measured", () => {
  const schema = new URL("../../../../docs/schema/cordon.learn-start.1.schema.json", import.meta.url);
  const check = new Ajv2020().compile(JSON.parse(readFileSync(schema, "utf8")) as object);
  for (const mailSeconds of [17.2, null]) {
    const figures = { bet, measured: { ...measured, off: { hurtOutside: 50, mailSeconds } } };
    expect([check(JSON.parse(startJson(lesson, places, figures, drill, file))), check.errors]).toEqual([true, null]);
  }
});
