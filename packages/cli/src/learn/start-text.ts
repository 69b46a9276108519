/**
 * What `cordon learn start` prints, for a person in 80 columns and as JSON: bet against measured, the places in the code,
 * the learner's turn. The JSON is a contract (docs/schema): keys are only ever added.
 */
import type { Result } from "@cordon/model";
import { wrapped } from "../layout.ts";
import { blocksText, plain, type SectionName } from "./lesson-text.ts";
import type { CodePlace, Lesson } from "./lessons.ts";
import type { Bet, Figures } from "./progress.ts";

/** What was bet on, as measured on both sides. */
export interface Measured {
  readonly off: Figures;
  readonly on: Figures;
}

/** The learner's file. */
export interface GivenFile {
  readonly path: string;
  /** It was there already, and was left as it was. */
  readonly kept: boolean;
}

/** The run of the drill, and the paths of what it left. */
export interface DrillRun {
  readonly outcome: Pick<Result, "drill" | "seed" | "verdict" | "reason" | "exitCode">;
  readonly result: string;
  readonly report: string;
}

export const sectionText = ({ text }: Lesson, name: SectionName): string => blocksText(text.sections[name]);

const nameWidth = 44;

/** Bet beside measured; a side that has no figures has no column. */
export function comparedText(bet: Bet, { off, on }: Partial<Measured>): string {
  const sides = Object.entries({ off, on }).flatMap(([name, side]) => (side === undefined ? [] : [{ name, ...side }]));
  const row = (name: string, ...cells: readonly string[]): string =>
    `${name.padEnd(nameWidth)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  const seconds = (value: number | null): string =>
    value === null ? "not yet" : value === 0 ? "never late" : `${value} s`;
  return [
    row("", "your bet", ...sides.map(({ name }) => name)),
    row(
      "users hurt outside p3, of a hundred",
      String(bet.hurtOutside),
      ...sides.map(({ hurtOutside }) => String(hurtOutside)),
    ),
    row(
      "last delayed mail of the others, after",
      `${bet.mailSeconds} s`,
      ...sides.map(({ mailSeconds }) => seconds(mailSeconds)),
    ),
  ].join("\n");
}

/**
 * How a lesson whose run proved nothing goes on: the bet is kept, and the run wants a machine to itself. `othersShare`: what
 * others took of its cores, null where nobody knows.
 */
export function againText({ number }: Lesson, bet: Bet, othersShare: number | null): string {
  const taken = othersShare === null ? "" : `; others took ${(othersShare * 100).toFixed(0)} % of all cores`;
  return [
    wrapped("", `your bet is kept: ${bet.hurtOutside} users of a hundred, ${bet.mailSeconds} s`),
    wrapped("", `start again once this machine does nothing else${taken}:`),
    `  cordon learn start ${number} --bet ${bet.hurtOutside},${bet.mailSeconds}`,
  ].join("\n");
}

/** The pattern, each place in the code with its lines as they are now. */
export function patternText(lesson: Lesson, places: readonly CodePlace[]): string {
  const [lead, ...rest] = lesson.text.sections["The pattern"];
  if (lead === undefined || rest.length < places.length)
    throw new Error(`${lesson.document} has no lead to its pattern`);
  const items = places.map(({ symbol, path, lines, words }) =>
    [`  ${path}:${lines.from}-${lines.to}`, wrapped("    ", `${symbol} ${plain(words)}`)].join("\n"),
  );
  return [blocksText([lead]), ...items].join("\n\n");
}

export const turnText = (lesson: Lesson, { kept }: GivenFile): string =>
  [
    sectionText(lesson, "Your turn"),
    ...(kept ? ["", wrapped("", `${lesson.file} was there already and is left as it was.`)] : []),
  ].join("\n");

export function startJson(
  lesson: Lesson,
  places: readonly CodePlace[],
  figures: { readonly bet: Bet; readonly measured: Measured },
  { outcome, result, report }: DrillRun,
  file: GivenFile,
): string {
  const { drill: id, seed, verdict, reason, exitCode } = outcome;
  return JSON.stringify({
    schema: "cordon.learn-start/1",
    lesson: lesson.number,
    title: lesson.text.title,
    ...figures,
    drill: { id, seed, verdict, reason, exitCode, result, report },
    pattern: places.map(({ symbol, path, lines }) => ({ symbol, path, ...lines })),
    file,
  });
}
