/**
 * `cordon learn ..`: list, start, check and hint. A lesson is a bet, a real run, and one number to put right; hints come
 * one at a time.
 */
import type { Command } from "commander";
import { called, nextText } from "./called.ts";
import { collected } from "./collect.ts";
import { endings, Refusal, type Ending } from "./exit.ts";
import { wrapped } from "./layout.ts";
import { checkLesson } from "./learn/check.ts";
import { plain } from "./learn/lesson-text.ts";
import { findLesson, hintsOf, lessons } from "./learn/lessons.ts";
import { readProgress, writeProgress } from "./learn/progress.ts";
import { startLesson, type StartFlags } from "./learn/start.ts";

interface JsonFlag {
  readonly json?: boolean;
}

/** Where a lesson is meant and none is said, it is this one. */
const firstLesson = "1";

/** Adds `learn` and what is below it. Each action tells `end` how the command ended. */
export function addLearnCommands(program: Command, end: (ending: Ending) => void): void {
  const learn = program.command("learn").description("lessons: bet, run the real thing, turn one knob, check");
  learn
    .command("list")
    .description("the lessons there are, and how far you are")
    .option("--json", "as JSON")
    .action((flags: JsonFlag) => end(list(flags)));
  learn
    .command("start <number>")
    .description("begin a lesson, or begin it again: its story, your bet, the run, what it shows")
    .option("--bet <numbers>", "your bet: users hurt of a hundred, and seconds, as in 80,30 (default: you are asked)")
    .option("--yes", "begin the run without asking")
    .option("--seed <text>", "what chance depends on, as in cordon drill run")
    .addOption(collected("--set <key=value>", "change a number of the drill's profile, as in cordon drill run", "none"))
    .option("--json", "print what was bet and measured as JSON on stdout, and nothing else")
    .action(async (number: string, flags: StartFlags) => end(await startLesson(number, flags)));
  learn
    .command("check [number]")
    .description(
      "run a small lab with your file: is it right? exit 0: yes, 4: not yet, 5: the machine was too busy to tell",
    )
    .option("--json", "as JSON")
    .action(async (number: string | undefined, flags: JsonFlag) =>
      end(await checkLesson(number ?? firstLesson, flags)),
    );
  learn
    .command("hint [number]")
    .description("the next hint; the last one is the answer")
    .option("--json", "as JSON")
    .action((number: string | undefined, flags: JsonFlag) => end(hint(number ?? firstLesson, flags)));
}

function list({ json }: JsonFlag): Ending {
  const rows = lessons().map(({ number, minutes, text: { title } }) => {
    const progress = readProgress(process.cwd(), number);
    const measured = progress !== undefined && progress.measured !== null;
    return { number, title, minutes, begun: progress !== undefined, passed: progress?.passed === true, measured };
  });
  if (json === true) process.stdout.write(`${JSON.stringify({ schema: "cordon.learn-list/1", lessons: rows })}\n`);
  else {
    const lines = rows.map(({ number, title, minutes, begun, passed }) => {
      const state = passed ? "passed" : begun ? "begun" : "not begun";
      return `${String(number).padStart(3)}  ${title.padEnd(44)} ${`${minutes} minutes`.padEnd(12)} ${state}`;
    });
    process.stdout.write(`${[...lines, nextText(nextOf(rows), called)].join("\n")}\n`);
  }
  return endings.ok;
}

interface Row {
  readonly number: number;
  readonly passed: boolean;
  /** Its run has shown what it shows. */
  readonly measured: boolean;
}

/** Of the first lesson that is not passed: its run, then its check. Where all are passed, what they are about. */
function nextOf(rows: readonly Row[]): string {
  const open = rows.find(({ passed }) => !passed);
  if (open === undefined) return "cordon drill list";
  return `cordon learn ${open.measured ? "check" : "start"} ${open.number}`;
}

function hint(number: string, { json }: JsonFlag): Ending {
  const lesson = findLesson(number);
  const progress = readProgress(process.cwd(), lesson.number);
  if (progress === undefined)
    throw new Refusal(`lesson ${number} is not begun here; begin it: cordon learn start ${number}`, endings.usage);
  const hints = hintsOf(lesson);
  const nth = Math.min(progress.hintsGiven + 1, hints.length);
  const text = plain(hints[nth - 1] ?? "");
  writeProgress(process.cwd(), { ...progress, hintsGiven: nth });
  const lead = `hint ${nth} of ${hints.length}   `;
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ schema: "cordon.learn-hint/1", lesson: lesson.number, hint: nth, of: hints.length, text })}\n`
      : `${wrapped(lead, text)}\n${nextText(`cordon learn check ${number}`, called)}\n`,
  );
  return endings.ok;
}
