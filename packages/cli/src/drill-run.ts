/**
 * Running drills, and what is printed of it: one, all there are, or one again and again. What was asked for is checked in
 * run-options.ts, before anything is started; a plan (`--dry-run`) is made of the same options and ends there.
 */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  drills,
  haltedWords,
  junitText,
  planDrill,
  planText,
  repeatDrill,
  runDrill,
  time,
  timelineText,
  verdictText,
  writeJournal,
  writeReports,
  type Drill,
  type DrillObserver,
  type DrillOptions,
  type DrillPlan,
} from "@cordon/drill";
import { exitCodes } from "@cordon/measure";
import type { Result } from "@cordon/model";
import { makeFolder } from "@cordon/runtime";
import { called, nextText, spelled } from "./called.ts";
import { endings, onSignals, preflightAfter, Refusal, type Ending } from "./exit.ts";
import { announce, pauseText, onEnter } from "./game-day.ts";
import { handsOnObserver, handsOnText } from "./hands-on.ts";
import { columnsOf } from "./layout.ts";
import { createProgress } from "./progress.ts";
import { wholeNumber } from "./quantities.ts";
import { repeatedJson, repeatedOf } from "./repeated.ts";
import { checkWritable, optionsOf, type RunFlags } from "./run-options.ts";
import { toStderr, toStdout } from "./say.ts";

export const progress = () => createProgress(toStderr, columnsOf(process.stderr));

/** Runs one drill. */
export async function run(id: string, flags: RunFlags): Promise<Ending> {
  const options = checked(id, flags);
  if (flags.dryRun === true) return tellPlans([planDrill(options, 1)], flags);
  const { signal, received } = onSignals();
  const announceEnd = announce(flags.webhook, options, toStderr);
  let ran: Ran | undefined;
  try {
    ran = await runOne(options, gameDayObserver(options, toStderr), signal, flags.json !== true);
  } finally {
    await announceEnd(ran?.kind === "ran" ? ran.result.verdict : undefined);
  }
  if (ran.kind === "preflight-failed") throw new Refusal(ran.reason, received() ?? endings.preflight);
  writeJunit(flags, [ran.result]);
  if (flags.json) toStdout(JSON.stringify(ran.result));
  return endingOf([ran.result], received());
}

/** Runs every drill in its default variant, each with a folder of its own; stops at one that could not be run. */
export async function runAll(flags: RunFlags): Promise<Ending> {
  const all = drills.map(({ id }) =>
    checked(id, flags.out === undefined ? flags : { ...flags, out: join(flags.out, id) }),
  );
  if (flags.dryRun === true)
    return tellPlans(
      all.map((options) => planDrill(options, 1)),
      flags,
    );
  const { signal, received } = onSignals();
  const results: Result[] = [];
  let stopped: string | null = null;
  for (const options of all) {
    const ran = await runOne(options, progress(), signal, flags.json !== true);
    if (ran.kind === "preflight-failed") stopped = ran.reason;
    else results.push(ran.result);
    if (stopped !== null || signal.aborted) break;
  }
  writeJunit(flags, results);
  if (flags.json) toStdout(JSON.stringify({ schema: "cordon.drill-all/1", results, stopped }));
  else toStdout(["", ...results.map(({ drill, verdict, reason }) => `${drill}: ${verdict} (${reason})`)].join("\n"));
  if (stopped !== null) toStderr(`stopped: ${stopped}`);
  return endingOf(results, received() ?? (stopped === null ? undefined : preflightAfter("run", results.length)));
}

/** Runs one drill again and again. */
export async function repeat(id: string, flags: RunFlags & { times: string }): Promise<Ending> {
  const times = wholeNumber("-n", flags.times, { least: 1, most: 1_000 });
  const options = checked(id, flags);
  if (flags.dryRun === true) return tellPlans([planDrill(options, times)], flags);
  const { signal, received } = onSignals();
  const { results, stopped } = await repeatDrill(options, times, progress(), signal);
  writeJunit(flags, results);
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
  return endingOf(results, received() ?? (stopped === null ? undefined : preflightAfter("run", results.length)));
}

function checked(id: string, flags: RunFlags): DrillOptions {
  const options = optionsOf(id, flags);
  if (flags.junit !== undefined) checkJunit(flags.junit);
  return options;
}

/** What cannot be written is known before anything is started, not when a run has ended. */
function checkJunit(file: string): void {
  if (file === "" || file.endsWith("/") || (existsSync(file) && statSync(file).isDirectory()))
    throw new Refusal(`--junit ${file}: that is a folder; give a file, as in out/junit.xml`, endings.usage);
  checkWritable(dirname(file), "--junit FILE, in a folder you may write");
}

function tellPlans(plans: readonly DrillPlan[], flags: RunFlags): Ending {
  toStdout(flags.json ? JSON.stringify({ schema: "cordon.plan/1", plans }) : plans.map(planText).join("\n\n"));
  return endings.ok;
}

type Ran =
  | { readonly kind: "ran"; readonly result: Result }
  | { readonly kind: "preflight-failed"; readonly reason: string };

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

/** Runs a drill and writes its reports; prints them when `tells`. */
async function runOne(
  options: DrillOptions,
  observer: DrillObserver,
  signal: AbortSignal,
  tells: boolean,
): Promise<Ran> {
  const { drill, variant, seed, profile } = options;
  if (tells && options.handsOn) toStdout(spelled(handsOnText(options), called));
  else if (tells) toStdout(`${drill.id}   ${drill.title}\nvariant ${variant.id}   seed ${seed}   ${profile.name}`);
  const outcome = await runDrill(options, observer, signal);
  if (outcome.kind === "preflight-failed") return outcome;
  const { result, runs, spec } = outcome;
  const report = writeReports(options.out, drill, result, runs, spec, called);
  const endedAt = options.clock.wall();
  writeJournal(options.out, drill, result, runs, { endedAt, offsetMs: endedAt - options.clock.now() });
  if (tells) {
    const texts = [timelineText(result, runs, spec), verdictText(result)].filter((text) => text !== "");
    toStdout(`\n${texts.join("\n\n")}`);
    toStdout(`report   ${report}`);
    const next = options.handsOn ? "--hands-on" : `--variant ${nextVariant(drill, variant.id)}`;
    toStdout(nextText(`cordon drill ${drill.id} ${next}`, called));
  }
  return { kind: "ran", result };
}

function writeJunit({ junit }: RunFlags, results: readonly Result[]): void {
  if (junit === undefined) return;
  makeFolder(dirname(junit));
  writeFileSync(junit, junitText(results));
}

/** How one run, or a series, ended: lost or duplicated mail outranks what cut it short, and that all else that was found. */
function endingOf(results: readonly Result[], cutShort: Ending | undefined): Ending {
  const wronged = results.find(({ exitCode }) => exitCode === exitCodes.invariant);
  const isHalted = results.some(({ verdict, reason }) => verdict === "aborted" && reason.startsWith(haltedWords));
  if (wronged === undefined && cutShort !== undefined)
    return isHalted ? { ...cutShort, word: `${haltedWords}, everything rolled back` } : cutShort;
  const worst = wronged ?? results.toSorted((a, b) => b.exitCode - a.exitCode)[0];
  return worst === undefined ? endings.ok : { code: worst.exitCode, word: worst.verdict };
}

function nextVariant(drill: Drill, current: string): string {
  const index = drill.variants.findIndex(({ id }) => id === current);
  return drill.variants[(index + 1) % drill.variants.length]?.id ?? current;
}
