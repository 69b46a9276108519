/**
 * How well the event loops of the two front doors did, on record: with each beat auth and mail say the longest their loop
 * stood still since the last one, and that is written into the run's history, where the measurement kernel reads it. The
 * others' beats are life signs and no more.
 * Where no drill reads it, nothing is written: it is eight lines a second.
 * Invariant: a record that the disk refuses is lost and nothing else; the supervisor has more to do than to measure.
 */
import { appendFileSync } from "node:fs";
import type { Clock, NoiseRecord, UpLine } from "@cordon/model";
import type { Log } from "@cordon/runtime";
import { loopsFile } from "../paths.ts";
import type { LabPlan, Role } from "../plan.ts";

export interface Loops {
  /** A process of this role has beaten just now. */
  heard(role: Role, beat: Extract<UpLine, { type: "beat" }>): void;
}

/** Appends to the history in the folder of the lab, if the plan has it kept. */
export function createLoops(
  { dir, keepsHistory }: Pick<LabPlan, "dir" | "keepsHistory">,
  clock: Clock,
  log: Log,
): Loops {
  const file = loopsFile(dir);
  return {
    heard(role, { lagMs }) {
      if (!keepsHistory || (role !== "auth" && role !== "mail")) return;
      const record: NoiseRecord = { type: "noise", at: clock.now(), source: role, delayMs: lagMs };
      try {
        appendFileSync(file, `${JSON.stringify(record)}\n`);
      } catch (error) {
        log.warn({ err: error }, "a beat is not on record");
      }
    },
  };
}
