/**
 * How far a learner is with a lesson, kept under `.cordon/learn` of the folder they work in, so that a hint is not given
 * twice and a bet is still there after the run. It decides nothing: a lesson can be started again at any time, and a file
 * that cannot be read costs the learner their bet and nothing else.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Type, type Static } from "typebox";
import { ConfigError, makeFolder, readContract } from "@cordon/runtime";
import { endings, Refusal } from "../exit.ts";

const Time = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);

/** What the learner expects of the side without protections. */
export const BetSchema = Type.Object({
  /** Of a hundred users outside the failed partition. */
  hurtOutside: Type.Number({ minimum: 0, maximum: 100 }),
  /** Until the last delayed mail of the others arrived. */
  mailSeconds: Type.Number({ minimum: 0, maximum: 1_000_000 }),
});
export type Bet = Static<typeof BetSchema>;

const FiguresSchema = Type.Object({
  /** Of a hundred users outside the failed partition. */
  hurtOutside: Type.Number({ minimum: 0, maximum: 100 }),
  /** 0: no mail of the others was delayed. null: some still waited at the end. */
  mailSeconds: Time,
});
export type Figures = Static<typeof FiguresSchema>;

const ProgressSchema = Type.Object({
  schema: Type.Literal("cordon.learn-progress/1"),
  lesson: Type.Integer({ minimum: 1 }),
  bet: BetSchema,
  /** null: the run has not come to its end yet. */
  measured: Type.Union([Type.Object({ off: FiguresSchema, on: FiguresSchema }), Type.Null()]),
  hintsGiven: Type.Integer({ minimum: 0 }),
  passed: Type.Boolean(),
});
export type Progress = Static<typeof ProgressSchema>;

/** A lesson that has just been begun. */
export const begun = (lesson: number, bet: Bet): Progress => ({
  schema: "cordon.learn-progress/1",
  lesson,
  bet,
  measured: null,
  hintsGiven: 0,
  passed: false,
});

const progressFile = (root: string, lesson: number): string => join(root, ".cordon", "learn", `${lesson}.json`);

/** undefined: not begun. Throws a Refusal that says where the file is wrong and what to do. */
export function readProgress(root: string, lesson: number): Progress | undefined {
  const file = progressFile(root, lesson);
  if (!existsSync(file)) return undefined;
  try {
    return readContract(ProgressSchema, file, "a lesson's progress");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Refusal(
      `${error.message}\nbegin again, which writes it anew: cordon learn start ${lesson}`,
      endings.usage,
    );
  }
}

export function writeProgress(root: string, progress: Progress): void {
  const file = progressFile(root, progress.lesson);
  makeFolder(dirname(file));
  writeFileSync(`${file}.new`, `${JSON.stringify(progress, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
