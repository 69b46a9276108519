/**
 * How the tests run, in two groups on a two-core machine. `unit` holds every test beside its source and the tests of the
 * tree itself, three files at a time, since most of their time is spent waiting. `real` starts whole labs and drills, two
 * files at a time, and only after `unit` has ended. None of them asserts how long something took.
 */
import { defineConfig } from "vitest/config";

const UNIT_TEST_MS = 20_000;
const REAL_TEST_MS = 300_000;
const REAL_HOOK_MS = 120_000;

export default defineConfig({
  test: {
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
