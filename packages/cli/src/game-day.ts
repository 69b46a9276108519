/**
 * What turns a run into a game day: the drill in a person's hand, a pause before it, conditions that end it, and the word
 * to a webhook. What was asked for is checked here, before anything is started.
 */
import type { Command } from "commander";
import {
  abortGrammar,
  drawHandsOn,
  isPaused,
  isWebhookUrl,
  leftToTheOperator,
  parseAbortCondition,
  pauseMaxMs,
  possibleVariants,
  resume,
  tellWebhook,
  type DrillOptions,
  type Profile,
} from "@cordon/drill";
import { livingLabs, partitionIds, readLivingLab, type LabFile } from "@cordon/lab";
import type { Result } from "@cordon/model";
import { hasProc } from "@cordon/runtime";
import { collected } from "./collect.ts";
import { endings, Refusal, type Ending } from "./exit.ts";
import { wrapped } from "./layout.ts";
import { toStdout } from "./say.ts";
import { unknownWord } from "./words.ts";

export interface GameDayFlags {
  readonly handsOn?: boolean;
  readonly pauseBefore?: string;
  readonly abortWhen?: readonly string[];
  readonly webhook?: string;
}

/** The baseline, then the candidate, where nobody says otherwise. */
export const usualSides = "off,on";

/** The options that only a run has, and no series of runs. */
export function gameDayOptions(command: Command): Command {
  return command
    .option("--hands-on", "a game day: what fails is drawn and hidden, and you are to find it (docs/game-day.md)")
    .option("--pause-before <step>", "fault: wait for Enter, or cordon drill resume, once the lab is ready")
    .addOption(
      collected(
        "--abort-when <condition>",
        "end the run when this is true under the fault, as in 'hurt-outside>20%'",
        "never",
      ),
    )
    .option("--webhook <url>", "POST a word there when the run begins and when it has ended");
}

/** What the flags say of a run, checked. Throws a Refusal. */
export function gameDayOf(
  flags: GameDayFlags & { readonly sides: string; readonly dryRun?: boolean },
): Pick<DrillOptions, "handsOn" | "abortWhen" | "pauseMs"> {
  const { pauseBefore, webhook, handsOn = false } = flags;
  if (handsOn && flags.sides !== usualSides)
    throw new Refusal("--hands-on runs one side, on: leave --sides out", endings.usage);
  if (handsOn && flags.dryRun === true)
    throw new Refusal("--dry-run would tell what --hands-on hides: leave one of them out", endings.usage);
  if (pauseBefore !== undefined && pauseBefore !== "fault") throw unknownWord("step", pauseBefore, ["fault"]);
  if (webhook !== undefined && !isWebhookUrl(webhook))
    throw new Refusal(
      "--webhook: give a URL that begins with http:// or https://, without a name or password",
      endings.usage,
    );
  const abortWhen = (flags.abortWhen ?? []).map((text) => {
    const condition = parseAbortCondition(text);
    if (condition !== undefined) return condition;
    throw new Refusal(wrapped(`--abort-when ${text}: `, `give ${abortGrammar}`), endings.usage);
  });
  return { handsOn, abortWhen, pauseMs: pauseBefore === undefined ? null : pauseMaxMs };
}

type Made = Pick<DrillOptions, "drill" | "variant" | "variantDrawn" | "sides" | "disabled">;

/**
 * What a hands-on run is made of: one side, without what is left to the operator and what `asked` goes without besides. Its
 * variant was asked for where `isChosen`; else it is drawn.
 */
export function handsOnRun(asked: Made, isChosen: boolean, profile: Profile, seed: string): Made {
  const possible = possibleVariants(asked.drill, profile, hasProc());
  const chosen = isChosen ? asked.variant : undefined;
  return {
    ...drawHandsOn(asked.drill, partitionIds(profile), chosen, possible, seed),
    variantDrawn: !isChosen,
    sides: ["on"],
    disabled: [...new Set([...leftToTheOperator, ...asked.disabled])],
  };
}

const webhookTimeoutMs = 2_000;

/** Tells the webhook that the run begins; the function it returns tells it the end, and resolves when it was told. */
export function announce(
  url: string | undefined,
  { drill, seed }: Pick<DrillOptions, "drill" | "seed">,
  write: (line: string) => void,
): (verdict: Result["verdict"] | undefined) => Promise<void> {
  if (url === undefined) return () => Promise.resolve();
  const about = { drill: drill.id, seed };
  const begun = tellWebhook(url, { event: "start", ...about }, webhookTimeoutMs, write);
  return async (verdict) => {
    await begun;
    const word = { event: "stop", ...about, ...(verdict === undefined ? {} : { verdict }) } as const;
    await tellWebhook(url, word, webhookTimeoutMs, write);
  };
}

/** What is said while a run waits. */
export const pauseText = ({ profile, pauseMs }: Pick<DrillOptions, "profile" | "pauseMs">): string =>
  [
    wrapped(
      "",
      `ready, and waiting for at most ${(pauseMs ?? 0) / 60_000} min: press Enter, or in another terminal here`,
    ),
    "  cordon drill resume",
    wrapped(
      "",
      `then the load begins, and ${profile.warmSeconds + profile.steadySeconds} s after that something is broken`,
    ),
  ].join("\n");

/** Lets a person at the terminal go on with a key; elsewhere `cordon drill resume` does. */
export function onEnter(input: NodeJS.ReadStream, resumeRun: () => void): void {
  if (!input.isTTY) return;
  input.once("data", () => {
    input.pause();
    resumeRun();
  });
}

/** Adds `drill resume`. Its action tells `end` how the command ended. */
export function addResumeCommand(drill: Command, end: (ending: Ending) => void): void {
  drill
    .command("resume")
    .description("let a drill go on that waits because of --pause-before")
    .option("--lab <dir>", "folder of its lab; else the one in this folder that waits")
    .option("--json", "as JSON")
    .action(({ lab, json }: { lab?: string; json?: boolean }) => end(resumeIn(lab, json === true)));
}

function resumeIn(dir: string | undefined, json: boolean): Ending {
  const labs: readonly (LabFile | undefined)[] = dir === undefined ? livingLabs(process.cwd()) : [readLivingLab(dir)];
  const waiting = labs.find((lab) => lab !== undefined && isPaused(lab.dir));
  if (waiting === undefined)
    throw new Refusal(`no drill waits ${dir === undefined ? "in this folder" : `in ${dir}`}`, endings.usage);
  resume(waiting.dir);
  const { runId } = waiting;
  toStdout(json ? JSON.stringify({ schema: "cordon.drill-resume/1", runId, dir: waiting.dir }) : `${runId} goes on`);
  return endings.ok;
}
