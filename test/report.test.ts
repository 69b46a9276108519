/** The closing line of a test run says what happened, also when the run itself went wrong. */
import { expect, test } from "vitest";

import { closingLine, judge } from "./support/report.ts";

const report = (...files: { status: string; tests: string[] }[]): string =>
  JSON.stringify({
    testResults: files.map(({ status, tests }, index) => ({
      name: `file-${index}.test.ts`,
      status,
      assertionResults: tests.map((outcome) => ({ status: outcome, fullName: `a test that is ${outcome}` })),
    })),
  });

test("a run of passing tests is good", () => {
  const verdict = judge(report({ status: "passed", tests: ["passed", "passed"] }), 0, true);
  expect(verdict).toEqual({ passed: 2, failed: 0, skipped: 0, good: true, remarks: [] });
  expect(closingLine(verdict)).toBe("2 passed, 0 failed");
});

test("a failed test is counted and the run is not good", () => {
  const verdict = judge(report({ status: "failed", tests: ["passed", "failed"] }), 1, false);
  expect([closingLine(verdict), verdict.good]).toEqual(["1 passed, 1 failed", false]);
});

test("a file that could not be loaded counts as one failure", () => {
  const verdict = judge(report({ status: "passed", tests: ["passed"] }, { status: "failed", tests: [] }), 1, false);
  expect([closingLine(verdict), verdict.good]).toEqual(["1 passed, 1 failed", false]);
});

test("a bad end without a failed test counts as one failure", () => {
  const verdict = judge(report({ status: "passed", tests: ["passed"] }), 130, false);
  expect([closingLine(verdict), verdict.good]).toEqual(["1 passed, 1 failed", false]);
});

test("no report and no test are not good", () => {
  expect(judge(undefined, 0, false).good).toBe(false);
  expect(judge(report(), 0, false)).toMatchObject({ passed: 0, failed: 0, good: false });
});

test("a skipped test is named and not good in CI, and only counted elsewhere", () => {
  const text = report({ status: "passed", tests: ["passed", "pending", "todo"] });
  expect(judge(text, 0, false)).toEqual({ passed: 1, failed: 0, skipped: 2, good: true, remarks: [] });
  expect(judge(text, 0, true).good).toBe(false);
  expect(judge(text, 0, true).remarks).toHaveLength(2);
  expect(closingLine(judge(text, 0, true))).toBe("1 passed, 0 failed, 2 skipped");
});
