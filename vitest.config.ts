/**
 * How the tests run, in two groups on a two-core machine. `unit` holds every test beside its source and the tests of the
 * tree itself, three files at a time, since most of their time is spent waiting. `real` starts whole labs and drills, two
 * files at a time, and only after `unit` has ended. None of them asserts how long something took.
 */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const UNIT_TEST_MS = 20_000;
const REAL_TEST_MS = 300_000;
const REAL_HOOK_MS = 120_000;

/** Begun first: one of them begun last would run on alone for minutes. Of the others, vitest begins with the largest. */
const longest = [
  "test/drills/ablate.test.ts",
  "test/lab/script.test.ts",
  "test/crash/crash.test.ts",
  "test/http/bad-input.test.ts",
  "test/lab/learn.test.ts",
  "test/drills/hands-on.test.ts",
  "test/drills/interrupt.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.some((file) => moduleId.endsWith(`/${file}`));
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the sequencer's own, and answers with another list
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    teardownTimeout: REAL_HOOK_MS,
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "bench/**/*.test.ts", "test/*.test.ts"],
          maxWorkers: 3,
          testTimeout: UNIT_TEST_MS,
          hookTimeout: UNIT_TEST_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          include: ["test/{drills,crash,fault,mail,transcripts,contract,http,lab}/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: REAL_TEST_MS,
          hookTimeout: REAL_HOOK_MS,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
