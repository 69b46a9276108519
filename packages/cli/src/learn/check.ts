/**
 * `cordon learn check N`: the learner's file is read, a short real run is made with it, and what came of it is told. It
 * fails on the file as it was given and passes once the one number is right; exit 0, 4, or 5 when nothing was proven.
 */
import { called, nextText } from "../called.ts";
import { endings, onSignals, Refusal, type Ending } from "../exit.ts";
import { wrapped } from "../layout.ts";
import { runCheck } from "./check-run.ts";
import { readDoorSettings, type DoorSettings } from "./door-settings.ts";
import { checkLimits, checkLoad, judgeCheck, shareOf, type CheckJudgement, type Counted } from "./judge-check.ts";
import { findLesson, type Lesson } from "./lessons.ts";
import { readProgress, writeProgress } from "./progress.ts";

const checkEndings: Readonly<Record<CheckJudgement["verdict"], Ending>> = {
  passed: { code: 0, word: "passed" },
  failed: { code: 4, word: "not yet" },
  invalid: { code: 5, word: "invalid" },
};

export async function checkLesson(number: string, flags: { readonly json?: boolean }): Promise<Ending> {
  const lesson = findLesson(number);
  const root = process.cwd();
  const progress = readProgress(root, lesson.number);
  if (progress === undefined)
    throw new Refusal(`lesson ${number} is not begun here; begin it: cordon learn start ${number}`, endings.usage);
  const settings = readDoorSettings(lesson.file, `cordon learn start ${number}`);
  const { signal, received } = onSignals();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const run = await runCheck(settings, root, say, signal).catch((error: unknown) => {
    const ending = received();
    throw ending === undefined ? error : new Refusal("the check was broken off", ending);
  });
  const judgement = judgeCheck(run, settings);
  if (judgement.verdict === "passed") writeProgress(root, { ...progress, passed: true });
  const ending = checkEndings[judgement.verdict];
  const text =
    flags.json === true
      ? checkJson(lesson, settings, judgement, ending)
      : checkText(lesson, settings, judgement, called);
  process.stdout.write(`${text}\n`);
  return ending;
}

const percent = (counted: Counted): string => `${(shareOf(counted) * 100).toFixed(1)} %`;

const titles: Readonly<Record<CheckJudgement["verdict"], string>> = {
  passed: "PASSED",
  failed: "NOT YET",
  invalid: "INVALID",
};

/** `call`: the words `cordon` is called by here. */
export function checkText(lesson: Lesson, settings: DoorSettings, judgement: CheckJudgement, call: string): string {
  const { verdict, reason, outside, inside, steady } = judgement;
  const limit = `>= ${(checkLimits.inTimeShare * 100).toFixed(0)} %`;
  const row = (name: string, counted: Counted, held: string): string =>
    ` ${name.padEnd(44)}${percent(counted).padStart(8)} of ${String(counted.signIns).padStart(4)}  ${held}`.trimEnd();
  const next = {
    passed: "cordon learn list",
    failed: `cordon learn hint ${lesson.number}`,
    invalid: `cordon learn check ${lesson.number}`,
  }[verdict];
  return [
    wrapped(`lesson ${lesson.number}   `, `connections ${settings.connections}, deadlineMs ${settings.deadlineMs}`),
    "",
    `${titles[verdict].padEnd(45)} answered within ${checkLimits.lateMs / 1_000} s`,
    row("sign-ins outside p3, while it is silent", outside, limit),
    row("the same, before", steady, ""),
    row("sign-ins of p3's users, while it is silent", inside, ""),
    "",
    wrapped("why      ", reason),
    nextText(next, call),
  ].join("\n");
}

export const checkJson = (
  lesson: Lesson,
  settings: DoorSettings,
  { verdict, reason, steady, outside, inside, wanted }: CheckJudgement,
  { code }: Ending,
): string =>
  JSON.stringify({
    schema: "cordon.learn-check/1",
    lesson: lesson.number,
    settings,
    load: { perSecondOutside: checkLoad.perSecond, perSecondInside: checkLoad.perSecond, faultMs: checkLoad.faultMs },
    limit: { lateMs: checkLimits.lateMs, inTimeShare: checkLimits.inTimeShare },
    steady,
    outside,
    inside,
    connectionsWanted: wanted,
    verdict,
    reason,
    exitCode: code,
  });
