/**
 * `cordon learn start N`: what happened, the learner's bet, the real drill, bet against measured, where the pattern stands
 * in the code, and the file with the knob. A run that proves nothing says so by its exit code, as the drill does; what was
 * bet is kept, and starting again is safe.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runDrill, timelineText, writeReports, type DrillOptions } from "@cordon/drill";
import { othersMailAgainMs, type DrillSpec, type SideRun } from "@cordon/measure";
import type { Result } from "@cordon/model";
import { called, nextText } from "../called.ts";
import { endings, onSignals, Refusal, type Ending } from "../exit.ts";
import { columnsOf, wrapped } from "../layout.ts";
import { createProgress } from "../progress.ts";
import { optionsOf } from "../run-options.ts";
import { ask, askBet, nobodyBets, openTerminal, parseBet } from "./bet.ts";
import { findLesson, givenFile, placesOf, type CodePlace, type Lesson } from "./lessons.ts";
import { begun, writeProgress, type Bet, type Figures } from "./progress.ts";
import {
  againText,
  comparedText,
  patternText,
  sectionText,
  startJson,
  turnText,
  type GivenFile,
  type Measured,
} from "./start-text.ts";

export interface StartFlags {
  readonly bet?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly set: readonly string[];
  readonly seed?: string;
}

export async function startLesson(number: string, flags: StartFlags): Promise<Ending> {
  const lesson = findLesson(number);
  const places = placesOf(lesson);
  const told = flags.bet === undefined ? undefined : parseBet(flags.bet);
  if (told === undefined && !process.stdin.isTTY) throw nobodyBets();
  const options = optionsOf(lesson.drill, { ...flags, profile: "quick", sides: "off,on", store: "lmdb" });
  const { signal, received } = onSignals();
  const tell = (text: string): void => {
    if (flags.json !== true) process.stdout.write(`${text}\n\n`);
  };
  try {
    return await play({ lesson, places, options, told, flags, signal, tell });
  } catch (error) {
    const ending = received();
    if (ending !== undefined) throw new Refusal("the lesson was broken off; it can be started again", ending);
    throw error;
  }
}

interface Stage {
  readonly lesson: Lesson;
  readonly places: readonly CodePlace[];
  readonly options: DrillOptions;
  /** The bet of `--bet`. */
  readonly told: Bet | undefined;
  readonly flags: StartFlags;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

async function play(stage: Stage): Promise<Ending> {
  const { lesson, places, options, signal, tell, flags } = stage;
  tell(`Lesson ${lesson.number}: ${lesson.text.title}`);
  tell(sectionText(lesson, "What happened"));
  tell(sectionText(lesson, "The bet"));
  const bet = await betOf(stage);
  const progress = begun(lesson.number, bet);
  writeProgress(options.root, progress);
  const file = giveFile(lesson, options.root);

  const outcome = await runDrill(options, drillProgress(), signal);
  if (outcome.kind === "preflight-failed")
    throw new Refusal([outcome.reason, againText(lesson, bet, null)].join("\n"), endings.preflight);
  const { result, runs, spec } = outcome;
  const report = writeReports(options.out, options.drill, result, runs, spec, called);
  const measured = measuredIn(result, runs, spec);
  signal.throwIfAborted();
  if (measured.off === undefined || measured.on === undefined) {
    const figures = measured.off === undefined ? [] : [comparedText(bet, measured), ""];
    const why = wrapped("", `the run proved nothing: ${result.reason}`);
    throw new Refusal([...figures, why, againText(lesson, bet, othersShareIn(result))].join("\n"), endingOf(result));
  }
  const both = { off: measured.off, on: measured.on };
  writeProgress(options.root, { ...progress, measured: both });

  tell(`${timelineText(result, runs, spec)}\n`);
  tell(
    `${comparedText(bet, measured)}\n${wrapped("drill    ", `${result.verdict}: ${result.reason}`)}\nreport   ${report}`,
  );
  tell(sectionText(lesson, "What it shows"));
  tell(patternText(lesson, places));
  tell(turnText(lesson, file));
  if (flags.json === true) {
    const folder = resolve(options.root, options.out);
    const drill = { outcome: result, result: join(folder, "result.json"), report: resolve(options.root, report) };
    process.stdout.write(`${startJson(lesson, places, { bet, measured: both }, drill, file)}\n`);
  } else process.stdout.write(`${nextText(`cordon learn check ${lesson.number}`, called)}\n`);
  return endingOf(result);
}

const drillProgress = () => createProgress((line) => void process.stderr.write(`${line}\n`), columnsOf(process.stderr));

/** The bet, told or asked for; then the run is announced, and waited for where somebody can say that it may begin. */
async function betOf({ lesson, told, flags, signal, tell }: Stage): Promise<Bet> {
  const terminal = told !== undefined && flags.yes === true ? undefined : openTerminal();
  try {
    const bet = told ?? (await askBet(terminal, signal));
    tell(sectionText(lesson, "The run"));
    if (terminal !== undefined && flags.yes !== true) await ask(terminal, "Enter begins ", signal);
    return bet;
  } finally {
    terminal?.close();
  }
}

/** What others took of the cores in the side they took most in; null where nobody knows. */
function othersShareIn({ sides, host }: Result): number | null {
  const shares = sides.flatMap(({ noise }) => noise.othersShare ?? []);
  if (shares.length > 0) return Math.max(...shares);
  return host.busyShare === null || host.ownShare === null ? null : Math.max(0, host.busyShare - host.ownShare);
}

/** What was bet on, as measured on each side; a side without figures is left out. */
function measuredIn(result: Result, runs: readonly SideRun[], spec: DrillSpec): Partial<Measured> {
  const figuresOf = (preset: string): Figures | undefined => {
    const side = result.sides.find((one) => one.preset === preset);
    const run = runs.find((one) => one.preset === preset);
    if (side === undefined || run === undefined) return undefined;
    const againMs = othersMailAgainMs(run.history, spec);
    return {
      hurtOutside: Math.round(side.hurt.outside * 1_000) / 10,
      mailSeconds: againMs === null ? null : Math.round(againMs / 100) / 10,
    };
  };
  const [off, on] = [figuresOf(result.baseline), figuresOf(result.candidate)];
  return { ...(off !== undefined && { off }), ...(on !== undefined && { on }) };
}

const endingOf = ({ exitCode, verdict }: Result): Ending => ({ code: exitCode, word: verdict });

/** The learner's file, unless there is one already: what somebody has written is never written over. */
function giveFile(lesson: Lesson, root: string): GivenFile {
  const path = resolve(root, lesson.file);
  const kept = existsSync(path);
  if (!kept) writeFileSync(path, givenFile(lesson));
  return { path, kept };
}
