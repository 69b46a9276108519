/**
 * `cordon drill ablate`: each protection of a drill taken away alone. What it will take is said before it begins, each side as
 * it ends, and the matrix at the end, also of a run that was cut short.
 */
import { join } from "node:path";
import type { Command } from "commander";
import {
  ablate,
  ablationPlanText,
  ablationText,
  ablationTimeText,
  flagshipAblation,
  planAblation,
  type Ablation,
  type AblationTable,
} from "@cordon/drill";
import { exitCodes } from "@cordon/measure";
import { called, nextText } from "./called.ts";
import { progress } from "./drill-run.ts";
import { endings, onSignals, preflightAfter, Refusal, type Ending } from "./exit.ts";
import { wrapped } from "./layout.ts";
import { wholeNumber } from "./quantities.ts";
import { findDrill, optionsOf, protectionsOf, setOption, type RunFlags } from "./run-options.ts";
import { toStderr, toStdout } from "./say.ts";

interface AblateFlags extends Omit<RunFlags, "sides" | "variant" | "off" | "junit"> {
  readonly times: string;
  readonly only?: string;
  readonly resume?: boolean;
}

/** Adds `ablate` below `drill`. */
export function addAblateCommand(drill: Command, end: (ending: Ending) => void): void {
  drill
    .command("ablate <id>")
    .description("take each protection away alone: which is missed, and what does it cost?")
    .option("-n, --times <count>", "how often each protection is taken away", "1")
    .option("--only <protections>", "these alone, comma-separated (default: all)")
    .option("--resume", "take the sides that are there already as they are; needs the --seed of that run")
    .option("--profile <name>", "quick or full", "quick")
    .addOption(setOption())
    .option("--store <kind>", "what the partitions' records are in: lmdb, or redis (a server each)", "lmdb")
    .option("--seed <text>", "what chance depends on, the same for every side (default: a new one)")
    .option("--out <dir>", "where everything is written (default: out/ID-ablate-SEED)")
    .option("--dry-run", "say what would be run and how long it takes, and start nothing")
    .option("--json", "print ablation.json on stdout, and nothing else")
    .action(async (id: string, flags: AblateFlags) => end(await run(id, flags)));
}

/** An ablation is a matrix of some thirty sides; so often each is a day's work. */
const mostTimes = 20;

async function run(id: string, flags: AblateFlags): Promise<Ending> {
  const table = tableOf(findDrill(id).id, flags.only);
  const times = wholeNumber("-n", flags.times, { least: 1, most: mostTimes });
  if (flags.resume === true && flags.seed === undefined)
    throw new Refusal("--resume: give the --seed of the run that is to go on", endings.usage);
  const named = optionsOf(id, { ...flags, sides: "off,on" });
  const out = flags.out ?? join("out", `${id}-ablate-${named.seed}`);
  const drill = { ...named, out };
  const plan = planAblation(table, times, drill);
  if (flags.dryRun === true) {
    toStdout(flags.json ? JSON.stringify({ schema: "cordon.ablation-plan/1", ...plan }) : ablationPlanText(plan));
    return endings.ok;
  }
  toStderr(wrapped("ablate ", ablationTimeText(plan)));
  const { signal, received } = onSignals();
  const observer = {
    ...progress(),
    stepBegins: (name: string, done: number, most: number) => toStderr(wrapped(`side ${done + 1} of ${most} `, name)),
    stepPassedOver: (name: string, because: string) =>
      toStderr(wrapped(`${name}: `, `what is there is not taken up: ${because}`)),
    stepEnds: ({ name, verdict, broken }: Ablation["sides"][number]) =>
      toStderr(wrapped(`${name}: `, `${verdict}${broken.length === 0 ? "" : `; broke ${broken.join(", ")}`}`)),
  };
  const ablation = await ablate({ drill, table, times, resume: flags.resume === true }, observer, signal);
  if (flags.json) toStdout(JSON.stringify(ablation));
  else {
    toStdout(ablationText(ablation));
    toStdout(`result   ${join(out, "ablation.json")}`);
    if (!ablation.complete) toStdout(nextText(`cordon drill ablate ${id} ${againWords(flags, drill.seed)}`, called));
  }
  return endingOf(ablation, received());
}

/** The options that go on with this very run: one that is left out is another run, whose sides are not taken up. */
const againWords = ({ times, only, profile, set, store, out }: AblateFlags, seed: string): string =>
  [
    `--seed ${seed}`,
    ...(times === "1" ? [] : [`-n ${times}`]),
    ...(only === undefined ? [] : [`--only ${only}`]),
    ...(profile === "quick" ? [] : [`--profile ${profile}`]),
    ...set.map((word) => `--set ${word}`),
    ...(store === "lmdb" ? [] : [`--store ${store}`]),
    ...(out === undefined ? [] : [`--out ${out}`]),
    "--resume",
  ].join(" ");

function tableOf(drill: string, only: string | undefined): AblationTable {
  if (drill !== flagshipAblation.drill) throw new Refusal(`no table says what to take away in ${drill}`, endings.usage);
  if (only === undefined) return flagshipAblation;
  const ids = protectionsOf(only);
  return {
    ...flagshipAblation,
    protections: flagshipAblation.protections.filter(({ id }) => ids.includes(id)),
    backstops: flagshipAblation.backstops.filter(({ pair }) => pair.every((id) => ids.includes(id))),
  };
}

/**
 * That protections are missed is what is asked, and no failure; that nothing is known of one is. Mail that was lost with
 * everything on outranks what cut the run short.
 */
function endingOf({ sides, protections, stopped }: Ablation, cutShort: Ending | undefined): Ending {
  const isWhole = ({ step }: Ablation["sides"][number]): boolean =>
    step.side === "candidate" && step.without.length === 0;
  const lost = sides
    .filter(isWhole)
    .flatMap(({ broken }) => broken.filter((id) => id === "lost" || id === "duplicated"));
  if (lost.length > 0) return { code: exitCodes.invariant, word: "refuted" };
  if (cutShort !== undefined) return cutShort;
  if (stopped !== null) return preflightAfter("side", sides.length);
  const unknown = protections.filter(({ judgement }) => judgement.kind === "not known");
  if (unknown.length > 0) return { code: exitCodes.invalid, word: "not every protection could be judged" };
  return endings.ok;
}
