/**
 * Whatever ends a drill, nothing of it stays: no process, stopped or not, no listening port, no socket folder. One random
 * moment for each way of ending it; CORDON_INTERRUPTS sets how many, CORDON_SEED which; run-interrupt.ts takes ten each.
 */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hasProc } from "@cordon/runtime";
import { blows, codeAfter, interrupt, lineOf } from "./interrupt.ts";

const each = Number(process.env["CORDON_INTERRUPTS"] ?? 1);
const seed = process.env["CORDON_SEED"] ?? randomBytes(4).toString("hex");
const limitMs = 90_000;
const what = {
  SIGINT: "SIGINT of the runner",
  SIGTERM: "SIGTERM of the runner",
  SIGKILL: "SIGKILL of the runner",
  both: "SIGKILL of runner and guardian together, then one cordon doctor,",
};
const moments = blows.flatMap((blow) =>
  Array.from({ length: each }, (_, ordinal) => ({ blow, ordinal, what: what[blow] })),
);

// Without /proc it cannot be seen what is left.
describe.skipIf(!hasProc())("in 5 s, as /proc on Linux shows,", () => {
  test.each(moments)(
    `$what leaves nothing of a drill (moment $ordinal of seed ${seed})`,
    { timeout: limitMs },
    async ({ blow, ordinal }) => {
      const interruption = await interrupt(blow, seed, ordinal);
      console.log(lineOf(interruption));
      expect(interruption.left).toEqual([]);
      expect(interruption.code).toBe(codeAfter[blow]);
    },
  );
});
