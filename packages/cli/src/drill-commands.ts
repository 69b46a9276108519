/**
 * `cordon drill ..`: list, show, run, repeat, and what each prints. What was asked for is checked in run-options.ts; what
 * runs is @cordon/drill's matter.
 */
import { Option, type Command } from "commander";
import {
  repeatDrill,
  runDrill,
  time,
  timelineText,
  verdictText,
  writeReports,
  type Drill,
  type DrillObserver,
  type DrillOptions,
} from "@cordon/drill";
import { exitCodes } from "@cordon/measure";
import { protectionIds, type Result } from "@cordon/model";
import { called, nextText, spelled } from "./called.ts";
import { listJson, listText, showJson, showText } from "./describe.ts";
import { endings, onSignals, Refusal, type Ending } from "./exit.ts";
import { addResumeCommand, announce, gameDayOptions, onEnter, pauseText } from "./game-day.ts";
import { handsOnObserver, handsOnText } from "./hands-on.ts";
import { columnsOf } from "./layout.ts";
import { createProgress } from "./progress.ts";
import { repeatedJson, repeatedOf } from "./repeated.ts";
import { findDrill, optionsOf, type RunFlags } from "./run-options.ts";

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);
const toStdout = (text: string): void => void process.stdout.write(`${text}\n`);

const progress = () => createProgress(toStderr, columnsOf(process.stderr));

/** Adds `drill` and what is below it. Each action tells `end` how the command ended. */
export function addDrillCommands(program: Command, end: (ending: Ending) => void): void {
  const drill = program
    .command("drill")
    .description("run, repeat, list and show drills; run is what is meant when none is said");
  const runs = drill.command("run <id>", { isDefault: true }).description("run a drill and print its verdict");
  gameDayOptions(runOptions(runs))
    .option("--json", "print result.json on stdout, and nothing else")
    .action(async (id: string, flags: RunFlags) => end(await run(id, flags)));
  runOptions(drill.command("repeat <id>").description("run a drill again and again; is the verdict the same?"))
    .option("-n, --times <count>", "how often", "20")
    .option("--json", "print the outcomes and spreads as JSON on stdout, and nothing else")
    .action(async (id: string, flags: RunFlags & { times: string }) => end(await repeat(id, flags)));
  drill
    .command("list")
    .description("the drills there are")
    .option("--json", "as JSON")
    .action((flags: { json?: boolean }) => {
      toStdout(flags.json ? listJson() : listText());
      end(endings.ok);
    });
  drill
    .command("show <id>")
    .description("a drill's incident, variants and limits")
    .option("--json", "as JSON")
    .action((id: string, flags: { json?: boolean }) => {
      const found = findDrill(id);
      toStdout(flags.json ? showJson(found) : showText(found));
      end(endings.ok);
    });
  addResumeCommand(drill, end);
}

function runOptions(command: Command): Command {
  return command
    .option("--variant <name>", "which variant (see: cordon drill show ID)")
    .option("--profile <name>", "quick or full", "quick")
    .option("--sides <presets>", "sides to run, comma-separated: the baseline, then the candidate", "off,on")
    .option("--off <protections>", `take these away from the candidate, comma-separated: ${protectionIds.join(", ")}`)
    .addOption(
      new Option(
        "--set <key=value>",
        "change a number of the profile (see: cordon drill show ID); makes the run exploratory",
      )
        .argParser(collect)
        .default([], "none"),
    )
    .option("--store <kind>", "what the partitions' records are in: lmdb, or redis (a server each)", "lmdb")
    .option("--seed <text>", "what chance depends on; the same seed gives the same schedule (default: a new one)")
    .option("--out <dir>", "where the result is written (default: out/ID-SEED, and what is unusual in between)");
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function run(id: string, flags: RunFlags): Promise<Ending> {
  const options = optionsOf(id, flags);
  const { signal, received } = onSignals();
  const { drill, variant, seed, profile } = options;
  if (!flags.json && options.handsOn) toStdout(spelled(handsOnText(options), called));
  else if (!flags.json)
    toStdout(`${drill.id}   ${drill.title}\nvariant ${variant.id}   seed ${seed}   ${profile.name}`);
  const announceEnd = announce(flags.webhook, options, toStderr);
  let outcome: Awaited<ReturnType<typeof runDrill>> | undefined;
  try {
    outcome = await runDrill(options, gameDayObserver(options, toStderr), signal);
  } finally {
    await announceEnd(outcome?.kind === "judged" ? outcome.result.verdict : undefined);
  }
  if (outcome.kind === "preflight-failed") throw new Refusal(outcome.reason, received() ?? endings.preflight);
  const { result, runs, spec } = outcome;
  const report = writeReports(options.out, drill, result, runs, spec, called);
  if (flags.json) toStdout(JSON.stringify(result));
  else {
    toStdout(`\n${timelineText(result, runs, spec)}\n\n${verdictText(result)}`);
    toStdout(`report   ${report}`);
    const next = options.handsOn ? "--hands-on" : `--variant ${nextVariant(drill, variant.id)}`;
    toStdout(nextText(`cordon drill ${drill.id} ${next}`, called));
  }
  return endingOf([result], received());
}

/** What is told of one run: when it waits, how it goes on, and of a hands-on run no more than its operator may know. */
function gameDayObserver(options: DrillOptions, write: (line: string) => void): DrillObserver {
  const base: DrillObserver = {
    ...progress(),
    paused(_, resumeRun) {
      write(spelled(pauseText(options), called));
      onEnter(process.stdin, resumeRun);
    },
  };
  return options.handsOn ? handsOnObserver(base, options, write, columnsOf(process.stderr)) : base;
}

async function repeat(id: string, flags: RunFlags & { times: string }): Promise<Ending> {
  const times = Number(flags.times);
  if (!Number.isInteger(times) || times < 1 || times > 1_000)
    throw new Refusal(`-n ${flags.times}: give a number from 1 to 1000`, endings.usage);
  const { signal, received } = onSignals();
  const { results, stopped } = await repeatDrill(optionsOf(id, flags), times, progress(), signal);
  const repeated = repeatedOf(results, times, stopped);
  const { same, outcomes, spreads } = repeated;
  const [first = "nothing"] = outcomes;
  if (flags.json) toStdout(repeatedJson(repeated));
  else {
    toStdout(`${same} of ${times} runs: ${first}`);
    for (const [number, outcome] of outcomes.entries())
      if (outcome !== first) toStdout(`run ${number + 1}: ${outcome}: ${results[number]?.reason}`);
    for (const { id: name, min, median, max, missing } of spreads)
      toStdout(
        `${name.padEnd(11)} ${time(min)} .. ${time(median)} .. ${time(max)}${missing > 0 ? `   (${missing} never)` : ""}`,
      );
    const shares = results.map(({ host }) => host.ownShare).filter((share) => share !== null);
    if (shares.length > 0)
      toStdout(`cpu         ${(Math.max(...shares) * 100).toFixed(0)} % of all cores at most, by the drill itself`);
    if (stopped !== null) toStdout(`stopped: ${stopped}`);
  }
  return endingOf(results, received() ?? (stopped === null ? undefined : endings.preflight));
}

/** How one run, or a series, ended: lost or duplicated mail outranks what cut it short, and that all else that was found. */
function endingOf(results: readonly Result[], cutShort: Ending | undefined): Ending {
  const wronged = results.find(({ exitCode }) => exitCode === exitCodes.invariant);
  if (wronged === undefined && cutShort !== undefined) return cutShort;
  const worst = wronged ?? results.toSorted((a, b) => b.exitCode - a.exitCode)[0];
  return worst === undefined ? endings.ok : { code: worst.exitCode, word: worst.verdict };
}

function nextVariant(drill: Drill, current: string): string {
  const index = drill.variants.findIndex(({ id }) => id === current);
  return drill.variants[(index + 1) % drill.variants.length]?.id ?? current;
}
