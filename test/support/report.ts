/**
 * Reads vitest's JSON report into one verdict. The closing lines of vitest differ between versions, the report does
 * not. It is read with suspicion: a file that could not be loaded, or a run that ended badly although no test in it
 * failed, counts as one failure each, and a run in which nothing passed has not passed.
 */

export type TestVerdict = {
  passed: number;
  failed: number;
  skipped: number;
  /** Whether the whole run is good. */
  good: boolean;
  /** What to say before the closing line, if anything. */
  remarks: string[];
};

type JsonReport = {
  testResults: {
    name: string;
    status: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
};

/** `report` is the text of the file, undefined when there is none; `code` is how vitest ended; in CI a skip is a failure. */
export function judge(report: string | undefined, code: number, ci: boolean): TestVerdict {
  const files = report === undefined ? [] : (JSON.parse(report) as JsonReport).testResults;
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === "passed").length;
  const failedTests = tests.filter(({ status }) => status === "failed").length;
  const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
  const broken = files.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  );
  const outside = code !== 0 && failedTests + broken.length === 0;
  const failed = failedTests + broken.length + (outside ? 1 : 0);
  const remarks = [
    ...(report === undefined ? ["vitest left no report."] : []),
    ...broken.map(({ name }) => `${name} failed outside its tests: counted as one failure.`),
    ...(outside ? [`vitest ended with ${code} although no test failed: counted as one failure.`] : []),
    ...(ci ? skipped.map(({ fullName }) => `Skipped, which counts as a failure in CI: ${fullName}`) : []),
  ];
  const good = report !== undefined && code === 0 && failed === 0 && passed > 0 && !(ci && skipped.length > 0);
  return { passed, failed, skipped: skipped.length, good, remarks };
}

/** `12 passed, 0 failed`, and the skipped ones when there are any. */
export const closingLine = ({ passed, failed, skipped }: TestVerdict): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
